"""Photos that staff upload, for any page, and the files made of them for readers."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone

from .. import images

# The picture that browsers show which know neither <picture> nor srcset.
PLAIN_WIDTH = 800  # pixels


def picture_path(instance: "Picture", filename: str) -> str:
    """Return a path that says nothing of the uploaded file's name."""
    return f"pictures/{images.random_name()}.{filename.rsplit('.', 1)[-1]}"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A picture in one shape as a page shows it: addresses and pixels, all from rows, no file opened."""

    src: str
    srcset: str
    sources: list[tuple[str, str]]  # content type and srcset, the smallest files first
    width: int
    height: int


class Picture(models.Model):
    """One photo: re-encoded when it is uploaded, so that no GPS or camera data is kept."""

    title = models.CharField(max_length=100, help_text="For staff only: a name to find the picture by.")
    # Not an ImageField: that opens the file whenever it is assigned, and fails where it is missing.
    file = models.FileField(
        "picture",
        upload_to=picture_path,
        db_index=True,
        help_text="JPEG, PNG or WebP, 24 megapixels at most. Location and camera data are removed.",
    )
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    alt = models.CharField(
        "text for people who cannot see it",
        max_length=250,
        blank=True,
        help_text="Say what the picture shows, in one sentence. Leave empty only for decoration.",
    )
    is_decorative = models.BooleanField(
        "only decoration", default=False, help_text="Tick when the picture tells the reader nothing new."
    )
    focal_x = models.PositiveSmallIntegerField(
        "focal point, from the left", default=50, validators=[MaxValueValidator(100)], help_text="Percent of the width."
    )
    focal_y = models.PositiveSmallIntegerField(
        "focal point, from the top",
        default=50,
        validators=[MaxValueValidator(100)],
        help_text="Percent of the height. Where a page shows only a part of the picture, this point stays in it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    renditions_due_at = models.DateTimeField(
        null=True,
        default=timezone.now,
        editable=False,
        db_index=True,
        help_text="When the worker should next make what readers see; empty once everything is made.",
    )
    rendition_error = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_decorative=True) | ~models.Q(alt=""),
                name="core_picture_has_alt_or_is_decorative",
                violation_error_message="Describe the picture, or tick “only decoration”.",
            ),
            models.CheckConstraint(
                condition=models.Q(focal_x__lte=100, focal_y__lte=100),
                name="core_picture_focal_point_inside",
                violation_error_message="The focal point lies outside the picture: 0 to 100 percent.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def with_renditions(cls, pks: Collection[int]) -> dict[int, "Picture"]:
        """Return these pictures by their keys, each with its renditions: one query, none for no picture."""
        if not pks:
            return {}
        own = [field.attname for field in cls._meta.concrete_fields]
        made = [field.attname for field in Rendition._meta.concrete_fields]
        rows = cls.objects.filter(pk__in=pks).order_by().values_list(*own, *(f"renditions__{name}" for name in made))
        found, renditions = {}, defaultdict(list)
        for row in rows:
            pk, rendition = row[own.index("id")], row[len(own) :]
            if pk not in found:
                found[pk] = cls.from_db(None, own, row[: len(own)])
            if rendition[0] is not None:  # a picture of which nothing is made yet
                renditions[pk].append(Rendition.from_db(None, made, rendition))
        for pk, picture in found.items():
            picture._prefetched_objects_cache = {"renditions": _listed(renditions[pk])}
        return found

    @property
    def url(self) -> str:
        return self.file.url

    @property
    def focal(self) -> tuple[int, int]:
        """The focal point in percent from the left and from the top."""
        return self.focal_x, self.focal_y

    @property
    def whole(self) -> Shown:
        """The picture as it is."""
        return self._shown(Rendition.Shape.WHOLE)

    @property
    def card(self) -> Shown:
        """A part of the picture, 8 by 5, around the focal point."""
        return self._shown(Rendition.Shape.CARD)

    @property
    def square(self) -> Shown:
        """A part of the picture, as wide as high, around the focal point."""
        return self._shown(Rendition.Shape.SQUARE)

    def _shown(self, shape: "Rendition.Shape") -> Shown:
        """Return what is there of `shape`; the picture itself until something is.

        Prefetch `renditions` where more than one picture is shown.
        """
        rows = [row for row in self.renditions.all() if row.shape == shape]
        rows.sort(key=lambda row: (row.kind, row.width))
        by_kind = {kind: list(group) for kind, group in groupby(rows, key=lambda row: row.kind)}
        jpegs = by_kind.pop("jpg", [])
        if not jpegs:
            left, top, right, bottom = images.crop_box((self.width, self.height), ratio=shape.ratio, focal=self.focal)
            return Shown(src=self.url, srcset="", sources=[], width=right - left, height=bottom - top)
        plain = next((row for row in jpegs if row.width >= PLAIN_WIDTH), jpegs[-1])
        return Shown(
            src=plain.file.url,
            srcset=_srcset(jpegs),
            # "avif" before "webp": as it happens, the alphabet knows which is smaller.
            sources=[(images.CONTENT_TYPES[kind], _srcset(group)) for kind, group in by_kind.items()],
            width=jpegs[-1].width,
            height=jpegs[-1].height,
        )


def _listed(renditions: list["Rendition"]) -> models.QuerySet:
    """Return a query set that holds these rows and asks nobody."""
    rows = Rendition.objects.all()
    rows._result_cache, rows._prefetch_done = renditions, True
    return rows


def _srcset(rows: list["Rendition"]) -> str:
    return ", ".join(f"{row.file.url} {row.width}w" for row in rows)


class Rendition(models.Model):
    """One file made of a picture: a shape, a width and a kind of file. The worker writes them."""

    class Shape(models.TextChoices):
        WHOLE = "whole"
        CARD = "card"
        SQUARE = "square"

        @property
        def ratio(self) -> tuple[int, int] | None:
            """Width to height, or None for that of the picture."""
            return {"card": (8, 5), "square": (1, 1)}.get(self.value)

        @property
        def widths(self) -> tuple[int, ...]:
            """Pixels, from the smallest phone to a sharp screen at the widest the pages show it."""
            return {"card": (480, 800, 1200), "square": (240, 480)}.get(self.value, (480, 800, 1200, 1600))

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="renditions")
    shape = models.CharField(max_length=10, choices=Shape)
    kind = models.CharField(max_length=4, choices=[(kind, kind) for kind in images.ENCODERS])
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    file = models.FileField(db_index=True)  # named and stored by renditions.py

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["picture", "shape", "kind", "width"], name="core_rendition_made_once"),
        ]

    def __str__(self) -> str:
        return self.file.name
