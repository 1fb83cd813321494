"""The clinics: where they are, when they are open, who works there."""

from datetime import timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from phonenumber_field.modelfields import PhoneNumberField

from clinic_site.core.models import Picture
from clinic_site.core.plain_fields import PlainCharField, PlainTextField

from .clock import clock_text

LONGEST_CLOSURE = timedelta(days=366)


class LocationQuerySet(models.QuerySet):
    def active(self) -> "LocationQuerySet":
        """Clinics that readers see and can ask for, in the clinic's own order."""
        return self.filter(is_active=True).order_by("position", "name")


class Location(models.Model):
    """One clinic. Fields that are empty are not shown to readers."""

    name = PlainCharField(
        max_length=60, help_text="What people call it, such as Birmingham. Readers see it on every page."
    )
    slug = models.SlugField(
        unique=True, help_text="The address: /locations/slug/. Changing it breaks links that people saved."
    )
    street = PlainCharField(max_length=120, help_text="With the suite or unit, as maps and mail carriers need it.")
    city = PlainCharField(max_length=60, help_text="The town in the postal address.")
    state = models.CharField(max_length=2, default="AL")
    postal_code = PlainCharField("ZIP code", max_length=10)
    phone = PhoneNumberField(help_text="Readers see it on this clinic’s page and can tap it to call.")
    summary = PlainCharField(
        max_length=170, blank=True, help_text="One sentence under the heading, and in search results."
    )
    parking = PlainTextField(blank=True, help_text="Where to park. Hidden while empty.")
    access = PlainTextField(blank=True, help_text="Entrance, steps, restroom, wheelchair access. Hidden while empty.")
    directions = PlainTextField(blank=True, help_text="How to find the door. Hidden while empty.")
    what_to_bring = PlainTextField(blank=True, help_text="For the first visit. Hidden while empty.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order of the clinics, smallest first.")
    is_active = models.BooleanField(
        "open to new requests",
        default=True,
        help_text="Off: readers no longer see this clinic and the form no longer offers it. "
        "Clinics are retired here, never deleted: old requests still name them.",
    )
    desk_staff = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name="front desk",
        blank=True,
        related_name="desk_clinics",
        help_text="Who of the front desk sees this clinic’s requests.",
    )
    modified_at = models.DateTimeField(auto_now=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = "clinic"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("locations:location", args=[self.slug])

    @cached_property
    def phone_text(self) -> str:
        return self.phone.as_national

    @cached_property
    def phone_link(self) -> str:
        return self.phone.as_rfc3966

    @property
    def address_line(self) -> str:
        """The postal address on one line."""
        return f"{self.street}, {self.city}, {self.state} {self.postal_code}"

    @property
    def apple_maps_url(self) -> str:
        return "https://maps.apple.com/?" + urlencode({"daddr": self.address_line})

    @property
    def google_maps_url(self) -> str:
        return "https://www.google.com/maps/dir/?" + urlencode({"api": 1, "destination": self.address_line})

    @property
    def osm_url(self) -> str:
        return "https://www.openstreetmap.org/search?" + urlencode({"query": self.address_line})

    @property
    def picture_url(self) -> str:
        """The landscape drawn from the slug."""
        return reverse("site:art", args=[self.slug])


class Hours(models.Model):
    """One stretch of open time on one weekday. Two rows on a day make a lunch break."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField(help_text="Central Time.")
    closes = models.TimeField(help_text="Central Time. Earlier than “opens” means: after midnight, the next day.")

    class Meta:
        verbose_name_plural = "hours"
        constraints = [
            models.UniqueConstraint(fields=["location", "weekday", "opens"], name="locations_hours_once"),
            models.CheckConstraint(
                condition=~models.Q(opens=models.F("closes")),
                name="locations_hours_have_length",
                violation_error_message="Opening and closing time are the same.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock_text(self.opens)} – {clock_text(self.closes)}"

    def clean(self) -> None:
        if self.opens is not None and self.opens == self.closes:
            raise ValidationError({"closes": "Opening and closing time are the same."})

    @property
    def span(self) -> tuple[timedelta, timedelta]:
        """When the stretch starts and ends, as time since Monday 0:00. Past Sunday it goes on counting."""
        start, end = (
            timedelta(days=self.weekday, hours=at.hour, minutes=at.minute, seconds=at.second)
            for at in (self.opens, self.closes)
        )
        return start, end if end > start else end + timedelta(days=1)

    def overlaps(self, other: "Hours") -> bool:
        """Whether some moment of the week lies in both stretches. Touching is no overlap."""
        (start, end), (other_start, other_end) = self.span, other.span
        return any(
            start < other_end + shift and other_start + shift < end
            for shift in (timedelta(weeks=-1), timedelta(0), timedelta(weeks=1))
        )


class Closure(models.Model):
    """Days on which one clinic, or every clinic, is closed against its usual hours."""

    location = models.ForeignKey(
        Location,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="closures",
        help_text="Empty: every clinic.",
    )
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day")
    reason = PlainCharField(max_length=80, help_text="Shown to readers, such as Thanksgiving.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="locations_closure_ends_after_start",
                violation_error_message="The last day is before the first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}, {self.starts_on}"

    def clean(self) -> None:
        if not (self.starts_on and self.ends_on):
            return
        if self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": "The last day is before the first."})
        if self.ends_on - self.starts_on > LONGEST_CLOSURE:
            raise ValidationError({"ends_on": "That is more than a year. Check the dates."})


class ClinicianQuerySet(models.QuerySet):
    def shown(self) -> "ClinicianQuerySet":
        """Clinicians whom readers see, in the clinic's own order."""
        return self.filter(is_shown=True).order_by("position", "name")


class Clinician(models.Model):
    """Somebody who treats patients or reviews articles. Shown only when the clinic wants it."""

    name = PlainCharField(max_length=100, help_text="As readers should see it, without the credential.")
    credential = PlainCharField(max_length=60, help_text="Such as MD, DO, CRNA or PMHNP.")
    license = PlainCharField("license and training", max_length=200, blank=True, help_text="Hidden while empty.")
    bio = PlainTextField("what they do here", blank=True, help_text="A few sentences. Hidden while empty.")
    photo = models.ForeignKey(
        Picture, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Hidden while empty."
    )
    locations = models.ManyToManyField(
        Location,
        verbose_name="clinics",
        blank=True,
        related_name="clinicians",
        help_text="They are shown on these clinics’ pages.",
    )
    user = models.OneToOneField(
        "auth.User", null=True, blank=True, on_delete=models.SET_NULL, help_text="Their account for signing reviews."
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Order on the page, smallest first.")
    is_shown = models.BooleanField(
        "show to readers", default=False, help_text="Off: they can sign reviews, but no clinic’s page shows them."
    )

    objects = ClinicianQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name}, {self.credential}"


class LocationPhotoQuerySet(models.QuerySet):
    def shown(self) -> "LocationPhotoQuerySet":
        """The photos with all that a page needs of them, in the clinic's own order."""
        return self.select_related("picture").prefetch_related("picture__renditions").order_by("position", "pk")


class LocationPhoto(models.Model):
    """A photo on a clinic's page."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="photos")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    caption = PlainCharField(max_length=200, blank=True, help_text="Readers see it under the photo.")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order on the page, smallest first.")

    objects = LocationPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = "photo"

    def __str__(self) -> str:
        return str(self.picture)
