"""A person asks for a free consult."""

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.urls import reverse

from clinic_site.core.encryption import EncryptedTextField, lookup_hash
from locations.models import Location

# Letters and digits that cannot be mistaken for one another, spoken or written.
REFERENCE_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXY23456789"
REFERENCE_LENGTH = 8


def new_reference() -> str:
    """Return a random reference: 30 to the power of 8 is 656 thousand million."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


class ConsultRequestQuerySet(models.QuerySet):
    def real(self) -> "ConsultRequestQuerySet":
        """Requests that count: not set aside as spam."""
        return self.filter(spam_state__in=[ConsultRequest.SpamState.CLEAN, ConsultRequest.SpamState.RELEASED])

    def waiting(self) -> "ConsultRequestQuerySet":
        """Real requests nobody has reached yet, oldest first."""
        return self.real().filter(stage=ConsultRequest.Stage.WAITING).order_by("asked_at", "pk")

    def quarantined(self) -> "ConsultRequestQuerySet":
        return self.filter(spam_state=ConsultRequest.SpamState.QUARANTINED)


class ConsultRequest(models.Model):
    """What one person sent, word for word, and where the clinic stands with it."""

    class ContactBy(models.TextChoices):
        CALL = "call", "Phone call"
        TEXT = "text", "Text"
        EMAIL = "email", "Email"

    class BestTime(models.TextChoices):
        ANY = "any", "Any time"
        MORNING = "morning", "Morning"
        AFTERNOON = "afternoon", "Afternoon"
        EVENING = "evening", "Early evening"

    class Source(models.TextChoices):
        # The kind of page, never which article: a name beside a condition is health information.
        HOME = "home", "Home page"
        ARTICLE = "article", "An article"
        LOCATION = "location", "A clinic's page"
        CONSULT = "consult", "The consult page"

    class Stage(models.TextChoices):
        WAITING = "waiting", "Waiting"
        IN_TOUCH = "in_touch", "In touch"
        BOOKED = "booked", "Booked"
        CLOSED = "closed", "Closed"

    class SpamState(models.TextChoices):
        CLEAN = "clean", "No suspicion"
        QUARANTINED = "quarantined", "Set aside as possible spam"
        RELEASED = "released", "Released by staff"
        CONFIRMED = "confirmed", "Spam"

    reference = models.CharField(max_length=REFERENCE_LENGTH, unique=True, editable=False)
    asked_at = models.DateTimeField("received", db_index=True)
    last_asked_at = models.DateTimeField(help_text="When the same request last came in.")

    location = models.ForeignKey(
        Location,
        verbose_name="clinic",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="requests",
        help_text="Empty: the person was not sure.",
    )
    name = EncryptedTextField()
    phone = EncryptedTextField(blank=True, help_text="Ready to dial. Empty when what was typed is no number.")
    phone_as_typed = EncryptedTextField(blank=True)
    email = EncryptedTextField(blank=True)
    contact_by = models.CharField("how to reach", max_length=5, choices=ContactBy)
    best_time = models.CharField(max_length=10, choices=BestTime, default=BestTime.ANY)
    may_name_clinic = models.BooleanField("may say the clinic's name in a message", default=False)
    note = EncryptedTextField(blank=True)
    source = models.CharField("came from", max_length=10, choices=Source)

    stage = models.CharField(max_length=10, choices=Stage, default=Stage.WAITING)
    first_contact_at = models.DateTimeField(null=True, blank=True)
    spam_state = models.CharField(max_length=12, choices=SpamState, default=SpamState.CLEAN)
    spam_reasons = models.JSONField(default=list, blank=True)

    phone_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    email_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    client_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    # Equal for two requests that say the same: the database itself keeps doubles out.
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)

    objects = ConsultRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "request"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(phone_hash="") | ~models.Q(email_hash=""), name="consults_request_can_be_answered"
            ),
            models.CheckConstraint(
                condition=models.Q(last_asked_at__gte=models.F("asked_at")), name="consults_request_asked_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "spam_state", "asked_at"], name="consults_request_desk"),
        ]

    def __str__(self) -> str:
        return f"Request {self.spoken_reference}"

    def get_absolute_url(self) -> str:
        return reverse("admin:consults_consultrequest_change", args=[self.pk])

    @property
    def spoken_reference(self) -> str:
        """The reference in two groups, as people say it: 7K3M-9PXW."""
        return f"{self.reference[:4]}-{self.reference[4:]}"

    @property
    def subject(self) -> str:
        """What audit entries and mails call this request."""
        return f"consult:{self.reference}"

    @property
    def place(self) -> str:
        return self.location.name if self.location else "either clinic"

    @property
    def is_open(self) -> bool:
        return self.stage in {self.Stage.WAITING, self.Stage.IN_TOUCH}

    @property
    def is_set_aside(self) -> bool:
        return self.spam_state in {self.SpamState.QUARANTINED, self.SpamState.CONFIRMED}

    def age(self, *, now: datetime) -> timedelta:
        """How long the person has waited since asking."""
        return now - self.asked_at


def phone_hash(phone: str) -> str:
    """Return the hash by which requests from one phone are found."""
    return lookup_hash(phone, purpose="phone")


def email_hash(email: str) -> str:
    """Return the hash by which requests from one address are found; letter case does not count."""
    return lookup_hash(email.casefold(), purpose="email")
