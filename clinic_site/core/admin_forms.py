"""Forms of the admin that check more than their models can."""

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.urls import resolve
from django.utils.text import capfirst

from .images import reencode
from .media_files import FileNotStored
from .models import Page, Picture
from .pictures import store_upload

MAX_MEGABYTES = 40
MIDDLE = 50  # percent


class PageForm(forms.ModelForm):
    """A page whose address no other part of the site answers."""

    class Meta:
        model = Page
        fields = ["title", "slug", "summary", "body", "is_shown", "in_footer", "position"]

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if resolve(f"/{slug}/").view_name != "site:page":
            raise ValidationError(f"/{slug}/ belongs to another part of the site. Choose another address.")
        return slug


def _percent_field(name: str) -> forms.IntegerField:
    """A focal point's field that may be left empty; the middle is then meant."""
    field = Picture._meta.get_field(name)
    return forms.IntegerField(
        label=capfirst(field.verbose_name),
        help_text=field.help_text,
        min_value=0,
        max_value=100,
        required=False,
        initial=MIDDLE,
        error_messages={
            "min_value": "Give a percentage from 0 to 100.",
            "max_value": "Give a percentage from 0 to 100.",
            "invalid": "Give a percentage from 0 to 100, in whole numbers.",
        },
    )


class PictureForm(forms.ModelForm):
    """Encodes an uploaded picture anew; what cannot be encoded is refused beside the field."""

    # Not an ImageField: that would refuse with its own, vaguer words before ours are asked. HEIC is
    # never in `accept`, also where it can be converted: iPhones then hand over a JPEG by themselves,
    # and Safari on a Mac crashes on image/heic (wagtail issue 13971).
    file = forms.FileField(
        label="Picture",
        help_text=Picture._meta.get_field("file").help_text,
        widget=AdminFileWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        error_messages={"required": "Choose a picture.", "empty": "The file is empty. Please upload it again."},
    )

    focal_x = _percent_field("focal_x")
    focal_y = _percent_field("focal_y")

    class Meta:
        model = Picture
        fields = ["title", "file", "alt", "is_decorative", "focal_x", "focal_y"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return file  # the stored one, which may even be missing: its words can still be changed
        if file.size > MAX_MEGABYTES * 1_000_000:
            raise ValidationError(f"This file is too large. The limit is {MAX_MEGABYTES} MB.")
        clean = reencode(file)
        self.instance.width, self.instance.height = clean.width, clean.height
        return clean

    def _post_clean(self) -> None:
        """Store the file as the last check of all: a storage that fails must not cost what was typed."""
        super()._post_clean()
        if self.errors or "file" not in self.changed_data:
            return
        try:
            store_upload(self.instance)
        except FileNotStored:
            self.add_error("file", "The picture could not be stored just now. Please try again in a minute.")

    def clean_focal_x(self) -> int:
        return MIDDLE if self.cleaned_data["focal_x"] is None else self.cleaned_data["focal_x"]

    def clean_focal_y(self) -> int:
        return MIDDLE if self.cleaned_data["focal_y"] is None else self.cleaned_data["focal_y"]
