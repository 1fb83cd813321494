"""What editors keep of the site as a whole, and what the site records of itself."""

from django.contrib import admin

from .admin_forms import PageForm
from .audit_admin import AuditEntryAdmin
from .dashboard import recipient_of
from .models import ClinicIdentity, JobRun, MissedSearch, OutboxMessage, Page, SiteText
from .picture_admin import PictureAdmin
from .read_only_admin import ReadOnlyAdmin
from .redirect_admin import MovesMixin
from .search.admin import SearchedAdminMixin
from .search.pages import PAGES

__all__ = ["AuditEntryAdmin", "PictureAdmin"]  # registered by their own modules


@admin.register(ClinicIdentity)
class ClinicIdentityAdmin(admin.ModelAdmin):
    list_display = ["name", "tagline", "phone_text"]
    fields = ["name", "tagline", "phone", "ask_for_note", "answer_within_hours", "remind_at_night"]

    def has_add_permission(self, request) -> bool:
        return super().has_add_permission(request) and not ClinicIdentity.objects.exists()

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.display(description="phone")
    def phone_text(self, identity: ClinicIdentity) -> str:
        return identity.phone_text


@admin.register(Page)
class PageAdmin(MovesMixin, SearchedAdminMixin, admin.ModelAdmin):
    source = PAGES
    form = PageForm
    list_display = ["title", "slug", "is_shown", "in_footer", "position", "modified_at"]
    list_filter = ["is_shown"]
    ordering = ["position", "title"]
    search_fields = ["title", "summary", "body"]
    fields = ["title", "slug", "summary", "body", "is_shown", "in_footer", "position"]

    def get_prepopulated_fields(self, request, obj=None) -> dict:
        # Suggested once, never afterwards: links would break.
        return {} if obj else {"slug": ["title"]}

    def was_public(self, page: Page) -> bool:
        return page.is_shown

    def view_on_site(self, page: Page) -> str | None:
        return page.get_absolute_url() if page.is_shown else None


@admin.register(SiteText)
class SiteTextAdmin(admin.ModelAdmin):
    """The texts that templates look up by key. Each has its place, so none is added or deleted here."""

    list_display = ["key", "heading", "modified_at"]
    ordering = ["key"]
    search_fields = ["key", "heading", "body"]
    fields = ["key", "heading", "body"]
    readonly_fields = ["key"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(MissedSearch)
class MissedSearchAdmin(ReadOnlyAdmin):
    """What to write next: editors read it, and delete what they have dealt with."""

    list_display = ["term", "count", "last_on"]
    list_display_links = None
    ordering = ["-count", "-last_on", "term"]
    search_fields = ["term"]

    def has_delete_permission(self, request, obj=None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ["subject", "recipient", "state", "last_error", "created_at"]
    list_filter = ["state", "kind"]
    ordering = ["-created_at", "-pk"]
    search_fields = ["subject", "about"]
    fields = [
        "kind",
        "recipient",
        "subject",
        "body",
        "state",
        "last_error",
        "attempt",
        "created_at",
        "due_at",
        "sent_at",
        "message_id",
    ]

    def get_fields(self, request, obj=None) -> list[str]:
        """All of them; a mail with a code keeps its words to itself, or whoever reads here could enter it."""
        return [name for name in self.fields if not (name == "body" and obj and obj.holds_a_secret)]

    @admin.display(description="to")
    def recipient(self, message: OutboxMessage) -> str:
        return recipient_of(message)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    list_display = ["name", "period", "started_at", "finished_at", "error"]
    list_filter = ["name"]
    ordering = ["-started_at", "-pk"]
