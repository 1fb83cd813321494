"""What happened with a request, in order. Rows are only ever added."""

from django.conf import settings
from django.db import models

from clinic_site.core.encryption import EncryptedTextField

from .request import ConsultRequest


class Activity(models.Model):
    """One thing that was done or came in."""

    class Kind(models.TextChoices):
        RECEIVED = "received", "Request received"
        ASKED_AGAIN = "asked_again", "Asked again"
        REACHED = "reached", "Reached"
        LEFT_MESSAGE = "left_message", "Left a message"
        NO_ANSWER = "no_answer", "No answer"
        TRY_AGAIN = "try_again", "Try again later"
        BOOKED = "booked", "Booked"
        NOT_A_FIT = "not_a_fit", "Not a fit"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        DUPLICATE = "duplicate", "Duplicate"
        REOPENED = "reopened", "Reopened"
        RELEASED = "released", "Released from spam"
        CONFIRMED_SPAM = "confirmed_spam", "Confirmed as spam"
        TAKEN = "taken", "Taken on"
        HANDED_BACK = "handed_back", "Handed back"
        PHONE_CORRECTED = "phone_corrected", "Phone number corrected"
        CONSENT_WITHDRAWN = "consent_withdrawn", "Consent withdrawn"
        NOTE = "note", "Note"

    request = models.ForeignKey(ConsultRequest, on_delete=models.CASCADE, related_name="activities")
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True)
    until = models.DateTimeField("again at", null=True, blank=True)
    note = EncryptedTextField(blank=True, help_text="No clinical details here.")

    class Meta:
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return self.get_kind_display()

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise TypeError("Activities are only ever added")
        super().save(*args, **kwargs)
