"""Django's own roads through the admin that are wider than they should be, made as narrow as the rest."""

from django.contrib.admin import AdminSite
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from .staff import record_password


class NarrowRoads(AdminSite):
    """An admin site on which every address asks what the person may see."""

    def get_urls(self) -> list:
        """Take the place of "view on site": Django's own tells anybody of the staff whether a row is there."""
        ours = path(
            "r/<int:content_type_id>/<path:object_id>/", self.admin_view(self.view_on_site), name="view_on_site"
        )
        return [ours, *(url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site")]

    def view_on_site(self, request, content_type_id: int, object_id: str) -> HttpResponseRedirect:
        """Lead to a row's own page; 404 for a row that this person does not see in the admin."""
        found = ContentType.objects.filter(pk=content_type_id).first()
        model_admin = self._registry.get(found.model_class()) if found else None
        if model_admin is None or not model_admin.has_view_permission(request):
            raise Http404
        row = model_admin.get_object(request, object_id)
        if row is None or not hasattr(row, "get_absolute_url"):
            raise Http404
        return HttpResponseRedirect(row.get_absolute_url())

    def password_change(self, request, extra_context=None):
        """Let people set their own password, and note that they did."""
        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            record_password(account=request.user, by=request.user, now=timezone.now())
        return response
