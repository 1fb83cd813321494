"""What the worker has done: periodic jobs, and a sign of life."""

from django.db import models


class JobRun(models.Model):
    """One run of one periodic job. The unique row decides which worker runs it."""

    name = models.SlugField()
    period = models.CharField(max_length=20, help_text="The day or hour the run stands for, such as 2026-11-25.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "period"], name="core_job_runs_once_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.period}"


class WorkerBeat(models.Model):
    """When a worker was last seen at work: one row for each host."""

    host = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.host
