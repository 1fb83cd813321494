"""The admin's frame: our own first screen, and a strict policy that the editor can live with."""

from csp.constants import NONCE, NONE, SELF
from csp.decorators import csp
from django.contrib.admin import AdminSite
from django.utils import timezone
from js_asset import Media

import articles.launch
import consults.launch
import locations.launch
from clinic_site.core import dashboard as core_dashboard
from clinic_site.core import launch as core_launch
from consults import dashboard as consults_dashboard

# What the editor adds to the public policy: its import map (by nonce), the two style elements it
# writes (by hash), and pictures that are only in the browser yet.
EDITOR_STYLES = [
    "'sha256-5zedJINyPD/sX+N0dTjP+xM7xyVfgO4eC4xZQX0bGYs='",
    "'sha256-placeholder='",
]
ADMIN_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, NONCE],
    "style-src": [SELF, *EDITOR_STYLES],
    "img-src": [SELF, "data:", "blob:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


class ClinicAdminSite(AdminSite):
    site_header = "Clinic website"
    site_title = "Clinic website"
    index_title = "Today"

    def admin_view(self, view, cacheable=False):
        """Wrap a view with the admin's own policy, and give its scripts the nonce."""
        guarded = super().admin_view(view, cacheable)

        def with_nonce(request, *args, **kwargs):
            response = guarded(request, *args, **kwargs)
            media = getattr(response, "context_data", None) and response.context_data.get("media")
            if media is not None:
                response.context_data["media"] = Media.from_media(media, nonce=request.csp_nonce)
            return response

        return csp(ADMIN_POLICY)(with_nonce)

    def each_context(self, request) -> dict:
        context = super().each_context(request)
        if context["has_permission"]:
            context["banners"] = [
                *core_dashboard.banners(now=timezone.now()),
                *consults_dashboard.banners(request.user),
            ]
        return context

    def index(self, request, extra_context=None):
        """Show who waits, which mails have trouble, and what is missing before launch."""
        now = timezone.now()
        context = {
            **consults_dashboard.desk(request.user, now=now),
            **core_dashboard.mails(request.user),
            "missing": [
                item
                for app in (core_launch, locations.launch, articles.launch, consults.launch)
                for item in app.missing(now=now)
            ]
            if request.user.is_superuser
            else [],
        }
        return super().index(request, {**context, **(extra_context or {})})
