"""Roads to a request that Django's admin opens by itself, and what is noted when somebody takes one."""

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from clinic_site.core.models import AuditEntry


class Trail:
    """A ModelAdmin's audit entries for pages it does not draw itself."""

    def history_view(self, request, object_id, extra_context=None):
        """Show who pressed what, and note who looked."""
        response = super().history_view(request, object_id, extra_context)
        asked = getattr(response, "context_data", {}).get("object")
        if asked is not None:
            AuditEntry.record(
                action="request-history-viewed", subject=asked.subject, now=timezone.now(), actor=request.user
            )
        return response

    def get_search_fields(self, request):
        """No form offers requests to choose from, so Django's list for such forms shows none."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            raise PermissionDenied
        return super().get_search_fields(request)
