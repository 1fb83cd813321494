"""Who the clinic is: one row."""

from functools import cached_property

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from phonenumber_field.modelfields import PhoneNumberField

from ..plain_fields import PlainCharField
from ..share_picture import SharePicture


class ClinicIdentity(models.Model):
    """The clinic's name, tagline and phone, as every page shows them."""

    name = PlainCharField(max_length=100, help_text="Shown at the top of every page and in every page title.")
    tagline = PlainCharField(max_length=150, blank=True, help_text="Shown at the foot of every page. May stay empty.")
    phone = PhoneNumberField(
        blank=True, help_text="The main number. Readers see it on every page and can tap it to call."
    )
    ask_for_note = models.BooleanField(
        "ask for a note on the consult form",
        default=False,
        help_text="Off: the form asks nothing about health. On: the form gains one free text box "
        "that asks people not to write medical details. People will write them anyway.",
    )
    answer_within_hours = models.PositiveSmallIntegerField(
        "promise: we answer within (opening hours)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(80)],
        help_text="Readers are told it beside the form. Only the hours in which the clinic is open count. "
        "Empty: nothing is promised. The desk, its reminders and the reports follow it.",
    )
    remind_at_night = models.BooleanField(
        "send reminders at night",
        default=False,
        db_default=False,
        help_text="Off: reminders and alarms about requests wait from 8 pm to 7 am. "
        "The mail about a new request always leaves at once.",
    )
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "clinic identity"
        verbose_name_plural = "clinic identity"
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="core_identity_is_one_row"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def load(cls) -> "ClinicIdentity":
        """Return the one row, or an unsaved one with the project's name while there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1, name="The clinic")

    @cached_property
    def phone_text(self) -> str:
        """The number as people write it, such as (205) 557-2253; '' when there is none."""
        return self.phone.as_national if self.phone else ""

    @cached_property
    def phone_link(self) -> str:
        """The address a phone dials when the number is tapped; '' when there is none."""
        return self.phone.as_rfc3966 if self.phone else ""

    @property
    def promise_text(self) -> str:
        """What readers are told of when they will hear from the clinic; '' while nothing is promised."""
        hours = self.answer_within_hours
        return f"We answer within {hours} opening hour{'' if hours == 1 else 's'}." if hours else ""

    @property
    def share_picture(self) -> SharePicture:
        """What apps show when a page is shared that has no picture of its own."""
        return SharePicture(title=self.name, byline=settings.SITE_HOST, scene_key="clinic")

    @property
    def share_picture_path(self) -> str:
        return reverse("site:share-picture", args=[self.share_picture.version])
