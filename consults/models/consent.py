"""What people agreed to: the exact words, as immutable versions, and who saw which."""

from django.db import models

from .request import ConsultRequest


class ConsentText(models.Model):
    """One version of one consent wording. A change is a new row, never an edit."""

    class Purpose(models.TextChoices):
        CONTACT = "contact", "Being contacted about the request"
        VOICEMAIL = "voicemail", "Naming the clinic in a voicemail or text"
        TEXT = "text", "Text messages"

    purpose = models.CharField(max_length=10, choices=Purpose)
    body = models.TextField(help_text="Shown word for word on the form. To change it, add a new version.")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "consent wording"

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, version {self.pk}"

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise TypeError("A consent wording is never edited: add a new version")
        super().save(*args, **kwargs)

    @classmethod
    def all_current(cls) -> dict[str, "ConsentText | None"]:
        """Return the newest wording for every purpose: one query."""
        found = {text.purpose: text for text in cls.objects.order_by("created_at", "pk")}
        return {purpose: found.get(purpose) for purpose in cls.Purpose.values}

    @classmethod
    def current(cls, purpose: str) -> "ConsentText | None":
        """Return the newest wording for `purpose`."""
        return cls.objects.filter(purpose=purpose).order_by("-created_at", "-pk").first()


class Consent(models.Model):
    """What one person was shown with one request, and whether they agreed.

    The box for text messages counts only for who chose to be texted: ticked beside another way it is not given.
    What is withdrawn stays so; the same person can agree anew with another request.
    """

    request = models.ForeignKey(ConsultRequest, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="+")
    is_given = models.BooleanField()
    box = models.CharField(
        max_length=30, blank=True, db_default="", help_text="The box that was ticked or left empty; empty: by sending."
    )
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "text"], name="consults_consent_once_a_text"),
        ]

    def __str__(self) -> str:
        return f"{self.text}: {'yes' if self.is_given else 'no'}"

    @property
    def holds(self) -> bool:
        """True while it is given and has not been taken back."""
        return self.is_given and self.withdrawn_at is None
