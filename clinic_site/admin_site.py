"""The admin's frame: our own first screen, warnings on every page, and its content security policy."""

from csp.decorators import csp_replace
from django.conf import settings
from django.core.exceptions import BadRequest
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from js_asset import Media

from articles import dashboard as articles_dashboard
from clinic_site.core import backup_status
from clinic_site.core import dashboard as core_dashboard
from consults import dashboard as consults_dashboard
from consults import desk as consults_desk
from consults import silence
from consults.notifications import mails_visible_to
from consults.tools import tools_for

from . import launch, launch_page
from .admin_roads import NarrowRoads
from .core.launch import LaunchItem

# A mail server that was away for a day must not make the first screen a page of a thousand lines.
MOST_MAILS = 20

# The staff guide: each is a template under admin/guide/.
CHAPTERS = {
    "write": "Write an article",
    "cite": "Name a source",
    "picture": "Add a picture",
    "publish": "Check and publish",
    "sign": "Sign as a clinician",
    "correct": "Correct a mistake",
    "hours": "Change hours and holidays",
    "accounts": "Staff accounts",
}


class ClinicAdminSite(launch_page.LaunchPage, NarrowRoads):
    """Django's admin, opening on who waits for an answer."""

    site_header = "Clinic website"
    site_title = "Clinic website"
    index_title = "Today"

    def admin_view(self, view, cacheable=False):
        """Wrap an admin view: staff only, the admin's own policy, a nonce for the editors' import map."""
        # Never kept by a browser, whatever Django would let it keep: each page has the name of who is signed in.
        for_staff = super().admin_view(view)

        def wrapped(request, *args, **kwargs):
            _refuse_nul(request)
            response = for_staff(request, *args, **kwargs)
            context = getattr(response, "context_data", None) or {}
            if isinstance(context.get("media"), Media):
                context["media"] = context["media"].with_nonce(request.csp_nonce)
            # A view may need more than the others: see the preview of an article.
            policy = {**settings.ADMIN_CONTENT_SECURITY_POLICY, **getattr(response, "admin_policy", {})}
            return csp_replace(policy)(lambda request: response)(request)

        return wrapped

    def get_urls(self) -> list:
        return [path("guide/", self.admin_view(self.guide_view), name="guide"), *super().get_urls()]

    def guide_view(self, request) -> TemplateResponse:
        """How staff do the things they do most, step by step."""
        request.current_app = self.name
        context = {**self.each_context(request), "title": "How to keep this website", "chapters": CHAPTERS}
        return TemplateResponse(request, "admin/guide.html", context)

    def each_context(self, request) -> dict:
        context = super().each_context(request)
        # Asked of the database only by a template that shows them: not for pop-ups, not for the sign-in page.
        return {**context, "banners": SimpleLazyObject(lambda: _banners(request.user))}

    def index(self, request, extra_context=None):
        """Show who waits, which mails have trouble, and what is missing before launch."""
        now = timezone.now()
        mails = core_dashboard.mails_with_trouble(mails_visible_to(request.user))
        context = {
            "is_first_screen": True,
            "desk": consults_desk.desk(request.user, now=now),
            "tools": tools_for(request.user),
            "reviews": articles_dashboard.review_queue(request.user, now=now),
            "mails": core_dashboard.mail_rows(mails[:MOST_MAILS]),
            "mail_count": mails.count(),
            "missing": _missing(request.user, now=now),
            "launch_url": reverse("admin:launch") if request.user.has_perm(launch_page.PERMISSION) else "",
        }
        return super().index(request, {**context, **(extra_context or {})})


def _refuse_nul(request) -> None:
    """Raise BadRequest for a NUL byte in the address, which PostgreSQL would refuse later and louder."""
    # The search box answers for itself, in words beside the field.
    for name, value in request.GET.items():
        if "\0" in name or ("\0" in value and name != "q"):
            raise BadRequest("NUL in the address")


def _banners(user) -> list[core_dashboard.Banner]:
    now = timezone.now()
    return [
        *consults_dashboard.banners(user),
        *silence.banners(user, now=now),
        *backup_status.banners(user, now=now),
        *core_dashboard.banners(now=now),
    ]


def _missing(user, *, now) -> list[LaunchItem]:
    """What is missing before launch, urgent things first, for those who can do something about it."""
    found = launch.lines(now=now, may_see=user.has_perm)
    return sorted((line.item for line in found if line.item), key=lambda item: not item.is_urgent)
