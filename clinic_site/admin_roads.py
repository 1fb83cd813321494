"""Django's own roads through the admin that are wider than they should be, made as narrow as the rest."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import PasswordChangeView
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from .signin import audit
from .signin.forms import OwnPasswordForm
from .signin.mails import queue_change
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

    def login(self, request, extra_context=None) -> HttpResponseRedirect:
        """Lead to the one page on which staff sign in: Django's own form would ask for no second step."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or request.POST.get(REDIRECT_FIELD_NAME) or ""
        if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
            wanted = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return HttpResponseRedirect(wanted)
        if request.user.is_authenticated:
            raise PermissionDenied
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({REDIRECT_FIELD_NAME: wanted})}")

    def logout(self, request, extra_context=None) -> HttpResponseRedirect:
        """Sign out, note it, and lead to where one signs in again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        audit.note("signed-out", user=request.user, now=timezone.now())
        logout(request)
        messages.success(request, "You have signed out.")
        response = HttpResponseRedirect(resolve_url(settings.LOGIN_URL))
        # Not "cookies": the device stays known, so that nobody else's tries lock its owner out.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def password_change(self, request, extra_context=None):
        """Let people set their own password, note that they did, and tell them by mail."""
        response = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done", current_app=self.name),
            template_name="registration/password_change_form.html",
            extra_context={**self.each_context(request), **(extra_context or {})},
        )(request)
        if request.method == "POST" and response.status_code == 302:
            now = timezone.now()
            record_password(account=request.user, by=request.user, now=now)
            queue_change(user=request.user, change="account/email/password_changed", now=now)
        return response
