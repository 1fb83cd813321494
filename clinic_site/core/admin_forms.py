"""Forms of the admin that check more than their models can."""

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.urls import resolve

from .images import reencode
from .models import Page, Picture

MAX_MEGABYTES = 40


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


class PictureForm(forms.ModelForm):
    """Encodes an uploaded picture anew; what cannot be encoded is refused beside the field."""

    # Not an ImageField: that would refuse with its own, vaguer words before ours are asked.
    file = forms.FileField(
        label="Picture",
        help_text=Picture._meta.get_field("file").help_text,
        widget=AdminFileWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        error_messages={"required": "Choose a picture.", "empty": "The file is empty. Please upload it again."},
    )

    class Meta:
        model = Picture
        fields = ["title", "file", "alt", "is_decorative"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            return _still_there(file)
        if file.size > MAX_MEGABYTES * 1_000_000:
            raise ValidationError(f"This file is too large. The limit is {MAX_MEGABYTES} MB.")
        return reencode(file)


def _still_there(stored):
    """Return the stored file. Raises ValidationError when it can no longer be read."""
    try:
        with stored.open():
            return stored
    except OSError:
        raise ValidationError("The file of this picture is gone from the server. Upload it again.") from None
