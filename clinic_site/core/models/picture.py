"""Photos that staff upload, for any page."""

from django.db import models

from .. import images


def picture_path(instance: "Picture", filename: str) -> str:
    """Return a path that says nothing of the uploaded file's name."""
    return f"pictures/{images.random_name()}.{filename.rsplit('.', 1)[-1]}"


class Picture(models.Model):
    """One photo: re-encoded when it is uploaded, so that no GPS or camera data is kept."""

    title = models.CharField(max_length=100, help_text="For staff only: a name to find the picture by.")
    file = models.ImageField(
        "picture",
        upload_to=picture_path,
        width_field="width",
        height_field="height",
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
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_decorative=True) | ~models.Q(alt=""),
                name="core_picture_has_alt_or_is_decorative",
                violation_error_message="Describe the picture, or tick “only decoration”.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def url(self) -> str:
        return self.file.url
