"""Mails that wait to be sent, one row for each recipient."""

import uuid

from django.conf import settings
from django.db import models

from ..encryption import EncryptedTextField


def new_message_id() -> str:
    """Return a fresh Message-ID on the site's own domain, kept for every attempt."""
    return f"<{uuid.uuid4().hex}@{settings.SITE_HOST}>"


class OutboxMessageQuerySet(models.QuerySet):
    def unsent(self) -> "OutboxMessageQuerySet":
        """Mails that wait, are on their way, or were given up: whoever asks for one of these states begins here."""
        return self.filter(sent_at=None)


class OutboxMessage(models.Model):
    """One mail to one address. It is written with the fact it tells of, and sent by the worker."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    class Kind(models.TextChoices):
        STAFF = "staff", "To staff"
        CONFIRMATION = "confirmation", "Confirmation to the person"
        DIGEST = "digest", "Daily digest"
        REVIEWS = "reviews", "Reviews due"
        REMINDER = "reminder", "Reminder"
        ALARM = "alarm", "Alarm to the manager"
        CODE = "code", "Code for a new recipient"
        TEST = "test", "Daily test"
        SIGN_IN = "sign-in", "About signing in"

    kind = models.CharField(max_length=20, choices=Kind)
    about = models.CharField(max_length=80, blank=True, db_index=True, help_text="What the mail tells of.")
    to_address = EncryptedTextField(blank=True)
    subject = models.CharField(max_length=150)
    body = models.TextField()
    message_id = models.CharField(max_length=200, unique=True, default=new_message_id, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    unanswered = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="How often a server was given the mail and did not answer."
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, help_text="What the mail server said last.")

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        verbose_name = "mail"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="sending", lease_until__isnull=False)
                | (~models.Q(state="sending") & models.Q(lease_until__isnull=True)),
                name="core_outbox_lease_only_while_sending",
            ),
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | (~models.Q(state="sent") & models.Q(sent_at__isnull=True)),
                name="core_outbox_sent_has_a_time",
            ),
        ]
        indexes = [
            # What is not out: a handful among all that ever was.
            models.Index(fields=["due_at"], condition=models.Q(sent_at=None), name="core_outbox_unsent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"

    @property
    def holds_a_secret(self) -> bool:
        """True when whoever reads the body could use it: staff never see it, and it is forgotten once it is out."""
        return self.kind in {self.Kind.CODE, self.Kind.SIGN_IN}

    @property
    def has_trouble(self) -> bool:
        """True when an attempt failed and the mail is still not out."""
        return self.state == self.State.FAILED or (self.state != self.State.SENT and bool(self.last_error))
