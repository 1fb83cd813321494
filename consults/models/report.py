"""What the reports keep, so that they need not look at every request anew."""

from django.db import models


class ReportWeek(models.Model):
    """The counts of one local week of one time zone, clinic by clinic: see `consults.report_weeks`.

    They hold as long as no `ReportMark` lies within the week.
    """

    zone = models.CharField(max_length=50)
    starts_at = models.DateTimeField(help_text="The week's first moment.")
    ends_at = models.DateTimeField(help_text="The first moment after it.")
    counts = models.TextField(help_text="What is counted; then a line for each clinic, as JSON.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["zone", "starts_at"], name="consults_report_week_once")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d} {self.zone}"


class ReportMark(models.Model):
    """A request that came in at this moment has changed since its week was counted. Triggers write it."""

    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
