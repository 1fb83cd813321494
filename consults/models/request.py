"""A person asks for a free consult."""

import secrets
import unicodedata
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.urls import reverse

from clinic_site.core.encryption import EncryptedTextField, lookup_hash
from locations.models import Location

# Letters and digits that cannot be mistaken for one another, spoken or written.
REFERENCE_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXY23456789"
REFERENCE_LENGTH = 8
# "Thank you" and "Please call" are everybody's words.
SHORTEST_COMPARED_NOTE = 20


def new_reference() -> str:
    """Return a random reference: 30 to the power of 8 is 656 thousand million."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


class ConsultRequestQuerySet(models.QuerySet):
    def visible_to(self, user) -> "ConsultRequestQuerySet":
        """The requests that `user` may see: of every clinic, or of their own and of people who were not sure.

        Without the permission to see requests there are none.
        """
        if user.has_perm("consults.view_every_clinic"):
            return self
        if not (user.has_perm("consults.view_consultrequest") or user.has_perm("consults.change_consultrequest")):
            return self.none()
        own = Location.desk_staff.through.objects.filter(user=user.pk).values("location")
        # As an expression: by its index, SQLite would fetch and sort all that a clinic ever had, to show the newest.
        return self.alias(at_clinic=Coalesce("location_id", 0)).filter(
            models.Q(location=None) | models.Q(at_clinic__in=own)
        )

    def real(self) -> "ConsultRequestQuerySet":
        """Requests that count: neither set aside as spam nor sent by the site to test itself."""
        return self.filter(
            spam_state__in=[ConsultRequest.SpamState.CLEAN, ConsultRequest.SpamState.RELEASED], is_test=False
        )

    def waiting(self) -> "ConsultRequestQuerySet":
        """Real requests nobody has reached yet, those that have waited longest first."""
        return self.real().filter(stage=ConsultRequest.Stage.WAITING).order_by("waiting_since", "pk")

    def quarantined(self) -> "ConsultRequestQuerySet":
        return self.filter(spam_state=ConsultRequest.SpamState.QUARANTINED, is_test=False)


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
    waiting_since = models.DateTimeField(
        db_default=Now(), help_text="When the person asked; or asked again, or was taken up again, after an end."
    )
    first_contact_at = models.DateTimeField(
        null=True, blank=True, help_text="When the person was first reached, or a message was left."
    )
    answered_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Opening time, in minutes, from asking to the first contact."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_requests"
    )
    next_action_at = models.DateTimeField("to be tried again", null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="When it was booked or closed.")
    reminded_at = models.DateTimeField(null=True, blank=True, help_text="When staff were told that time runs out.")
    escalated_at = models.DateTimeField(null=True, blank=True, help_text="When the manager was told it ran out.")
    # Sent by the site itself, to see that requests arrive: in no count and no list.
    is_test = models.BooleanField(default=False, db_default=False, editable=False)
    spam_state = models.CharField(max_length=12, choices=SpamState, default=SpamState.CLEAN)
    spam_reasons = models.JSONField(default=list, blank=True)

    phone_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    email_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    client_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    # Equal for notes that say the same, whoever sent them.
    note_hash = models.CharField(max_length=64, blank=True, db_default="", db_index=True, editable=False)
    # Equal for two requests that say the same: the database itself keeps doubles out.
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)

    objects = ConsultRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "request"
        permissions = [
            ("view_every_clinic", "Can see the requests of every clinic"),
            ("export_requests", "Can export requests"),
            ("handle_personal_data", "Can find, export and erase what is kept of a person"),
            ("set_retention", "Can say how long requests are kept"),
            ("view_reports", "Can see the reports"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(phone_hash="") | ~models.Q(email_hash=""), name="consults_request_can_be_answered"
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=["booked", "closed"], finished_at__isnull=False)
                | models.Q(stage__in=["waiting", "in_touch"], finished_at=None),
                name="consults_request_finished_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(next_action_at=None) | models.Q(stage__in=["waiting", "in_touch"]),
                name="consults_request_next_action_while_open",
            ),
            models.CheckConstraint(
                condition=~models.Q(stage__in=["in_touch", "booked"]) | models.Q(first_contact_at__isnull=False),
                name="consults_request_in_touch_was_contacted",
            ),
            models.CheckConstraint(
                condition=models.Q(last_asked_at__gte=models.F("asked_at")), name="consults_request_asked_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["stage", "spam_state", "waiting_since"], name="consults_request_waiting"),
            # The desk's work, however long the history: all that its screen counts and sorts by.
            models.Index(
                fields=["spam_state", "stage", "next_action_at", "waiting_since", "owner", "location", "is_test", "id"],
                condition=models.Q(finished_at=None),
                name="consults_request_open",
            ),
            # The list in its order, with what it leaves out.
            models.Index(fields=["asked_at", "id", "location", "is_test"], name="consults_request_newest"),
            # With what every list leaves out, so that it is counted in the index alone.
            models.Index(fields=["location", "asked_at", "is_test"], name="consults_request_place"),
            models.Index(fields=["spam_state", "asked_at"], name="consults_request_spam"),
            models.Index(fields=["last_asked_at"], condition=models.Q(is_test=True), name="consults_request_tests"),
            models.Index(fields=["first_contact_at"], name="consults_request_contacted"),
            # Without those that have no end: SQLite would take them for a few, and fetch every open request.
            models.Index(
                fields=["finished_at"],
                condition=models.Q(finished_at__isnull=False),
                name="consults_request_ended",
            ),
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
        """How long the person has waited since asking, or since asking again."""
        return now - self.waiting_since


def phone_hash(phone: str) -> str:
    """Return the hash by which requests from one phone are found."""
    return lookup_hash(phone, purpose="phone")


def note_hash(note: str) -> str:
    """Return the hash by which notes that say the same are found; '' for one too short to tell anything.

    Letter case, white space and invisible characters do not count.
    """
    text = unicodedata.normalize("NFKC", note).casefold()
    text = " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())
    return lookup_hash(text, purpose="note") if len(text) >= SHORTEST_COMPARED_NOTE else ""


def email_hash(email: str) -> str:
    """Return the hash by which requests from one address are found; letter case does not count."""
    return lookup_hash(email.casefold(), purpose="email")
