"""The list before opening as a page of the admin, on which people confirm what only they can know."""

from itertools import groupby

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from .core.confirmations import confirm
from .launch import State, lines

PERMISSION = "core.change_clinicidentity"
METHODS = ["GET", "HEAD", "POST"]


class LaunchPage(AdminSite):
    """An admin site with that page."""

    def get_urls(self) -> list:
        return [path("launch/", self.admin_view(self.launch_view), name="launch"), *super().get_urls()]

    def launch_view(self, request) -> HttpResponse:
        """Show the whole list, what is done included; take a confirmation."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        now = timezone.now()
        found = lines(now=now)
        if request.method == "POST":
            return self._confirm(request, found, now)
        request.current_app = self.name
        context = {
            **self.each_context(request),
            "title": "Before launch",
            "parts": [
                (part.title, request.user.has_perm(part.permission), list(of_part))
                for part, of_part in groupby(found, key=lambda line: line.part)
            ],
            "counts": {state.value: sum(line.state == state for line in found) for state in State},
        }
        return TemplateResponse(request, "admin/launch.html", context)

    def _confirm(self, request, found, now) -> HttpResponseRedirect:
        said = (request.POST.get("confirms"), request.POST.get("of"))
        item = next((line.item for line in found if line.item and (line.item.confirms, line.item.of) == said), None)
        if item is None or not item.confirms:
            # Done by somebody else, or what it is about has changed since the page was opened.
            messages.warning(request, "Nothing was confirmed: look at the list again.")
        else:
            confirm(key=item.confirms, of=item.of, actor=request.user, now=now)
            messages.success(request, "Confirmed. The audit trail keeps that it was you.")
        return HttpResponseRedirect(reverse("admin:launch"))
