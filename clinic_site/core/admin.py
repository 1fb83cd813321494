"""Identity, pages, texts and pictures for editors; the outbox and the audit log to look at."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.html import format_html

from .images import reencode
from .models import AuditEntry, ClinicIdentity, JobRun, OutboxMessage, Page, Picture, SiteText


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the site itself writes: staff can look, and nothing else."""

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(ClinicIdentity)
class ClinicIdentityAdmin(admin.ModelAdmin):
    list_display = ["name", "tagline", "phone"]

    def has_add_permission(self, request) -> bool:
        return super().has_add_permission(request) and not ClinicIdentity.objects.exists()

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Page)
class PageAdmin(admin.ModelAdmin):
    list_display = ["title", "slug", "is_shown", "in_footer", "position", "modified_at"]
    search_fields = ["title", "body"]

    def get_prepopulated_fields(self, request, obj=None) -> dict:
        return {} if obj else {"slug": ["title"]}


@admin.register(SiteText)
class SiteTextAdmin(admin.ModelAdmin):
    list_display = ["key", "heading", "modified_at"]
    ordering = ["key"]
    search_fields = ["key", "heading", "body"]

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        return ["key"] if obj else []

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class PictureForm(forms.ModelForm):
    """Encodes a new file anew, so that nothing but the picture itself is stored."""

    class Meta:
        model = Picture
        fields = ["title", "file", "alt", "is_decorative"]
        widgets = {"file": forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})}

    def clean_file(self):
        file = self.cleaned_data["file"]
        return reencode(file.file) if isinstance(file, UploadedFile) else file

    def clean(self) -> dict:
        data = super().clean()
        if not data.get("alt") and not data.get("is_decorative"):
            self.add_error("alt", ValidationError("Describe the picture, or tick “only decoration”."))
        return data


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):
    form = PictureForm
    list_display = ["title", "shown", "width", "height", "alt", "created_at"]
    search_fields = ["title", "alt"]
    readonly_fields = ["shown"]

    @admin.display(description="picture")
    def shown(self, picture: Picture) -> str:
        if not picture.file:
            return ""
        return format_html('<img src="{}" alt="{}" width="160">', picture.url, picture.alt)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "subject", "state", "attempt", "last_error", "sent_at"]
    list_filter = ["state", "kind"]
    ordering = ["-created_at", "-pk"]
    search_fields = ["about", "subject"]

    def get_fields(self, request, obj=None) -> list[str]:
        fields = ["kind", "about", "recipient", "subject", "body", "state", "attempt", "last_error", "message_id"]
        return [*fields, "created_at", "due_at", "sent_at"]

    @admin.display(description="to")
    def recipient(self, message: OutboxMessage) -> str:
        """The clinic's own addresses; a person's address stays on their request."""
        return "the person who asked" if message.kind == OutboxMessage.Kind.CONFIRMATION else message.to_address


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "subject"]
    list_filter = ["action"]
    ordering = ["-at", "-pk"]
    search_fields = ["subject", "actor_name"]


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["name", "period", "started_at", "finished_at", "error"]
    ordering = ["-started_at"]
