"""Pages that draw on several apps, the small files browsers ask for, and the error pages."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.bibliography import Citation, list_citations, numbering_for
from articles.headings import Headings
from articles.models import Article
from articles.rendering import PageTexts
from clinic_site.core.art import scene
from clinic_site.core.caching import cached_page, public, unchanging
from clinic_site.core.models import ClinicIdentity, Page, SiteText
from clinic_site.core.organization import organization
from clinic_site.core.seo import PageMeta, absolute_url
from locations.models import Location
from locations.opening import next_change, with_opening

CARDS_ON_HOME = 3
HOME_STEPS = [f"home-step-{number}" for number in range(1, 5)]
# In reading order: sources are numbered by it.
HOME_TEXTS = ["home-hero", "home-steps", *HOME_STEPS, "home-evidence", "home-known", "home-open", "off-label"]


@cached_page()
@require_safe
def home(request) -> HttpResponse:
    """The first page: what this is, what is known and what is not, where to go next."""
    now = timezone.now()
    published = Article.objects.published(now).for_cards().newest_first()
    featured = published.filter(is_featured=True).first()
    others = published.exclude(pk=featured.pk) if featured else published
    locations = with_opening(Location.objects.active(), now=now)
    clinic = ClinicIdentity.load()
    texts, citations = _home_texts()
    context = {
        "meta": PageMeta(
            title=clinic.tagline or "Ketamine infusions",
            description="Ketamine infusions in Birmingham and Auburn, Alabama: what is known and what is not.",
            path=reverse("site:home"),
            structured_data=(organization(clinic),),
        ),
        "clinic": clinic,
        "featured": featured,
        "articles": others[:CARDS_ON_HOME],
        "locations": locations,
        "texts": texts,
        "steps": [texts[key] for key in HOME_STEPS],
        "citations": citations,
    }
    return public(render(request, "site/home.html", context), until=next_change(locations), now=now)


def _home_texts() -> tuple[PageTexts, list[Citation]]:
    """The texts of the home page with their sources numbered in the order in which they are read."""
    texts = {text.key: text for text in SiteText.objects.all()}
    numbering = numbering_for(texts[key].body for key in HOME_TEXTS if key in texts)
    page_texts = PageTexts(texts)
    page_texts.number(HOME_TEXTS, numbering)
    return page_texts, list_citations(numbering)


@cached_page()
def page(request, slug: str) -> HttpResponse:
    """A page that staff wrote, such as the privacy page.

    It takes any method: a form posted to a mistyped address must get "not found" with the phone,
    not a bare "method not allowed".
    """
    found = get_object_or_404(Page.objects.shown(), slug=slug)
    meta = PageMeta(
        title=found.title,
        description=found.summary,
        path=found.get_absolute_url(),
        modified_at=found.modified_at,
    )
    context = {"page": found, "meta": meta, "body_html": Headings().anchored(found.body)}
    return public(render(request, "site/page.html", context))


@cached_page()
@require_safe
def art(request, slug: str) -> HttpResponse:
    """The landscape drawn from a slug: the same slug always gives the same picture."""
    response = HttpResponse(scene(slug), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def share_picture(request, version: str) -> HttpResponse:
    """The picture that apps show when somebody shares a page without one of its own."""
    clinic = ClinicIdentity.load()
    picture = clinic.share_picture
    if version != picture.version:  # the clinic has another name now
        return public(HttpResponseRedirect(clinic.share_picture_path))
    return unchanging(HttpResponse(picture.jpeg(), content_type="image/jpeg"))


@cached_page()
@require_safe
def robots(request) -> HttpResponse:
    """What search engines should leave alone."""
    closed = [reverse("admin:index"), "/consult/thanks/", "/preview/", f"{reverse('site:search')}?"]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    if settings.SITE_IS_PUBLIC:
        lines += ["", f"Sitemap: {absolute_url(reverse('site:sitemap'))}"]
    return public(HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8"))


@cached_page()
@require_safe
def manifest(request) -> JsonResponse:
    """The name and icons for people who put the site on their home screen."""
    clinic = ClinicIdentity.load()
    icons = [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)
    ]
    content = {
        "name": clinic.name,
        "short_name": clinic.name.split("&")[0].strip(),
        "start_url": reverse("site:home"),
        "display": "browser",
        "background_color": "#f2f6f5",
        "theme_color": "#12263a",
        "icons": icons,
    }
    response = JsonResponse(content)
    response.headers["Content-Type"] = "application/manifest+json"
    return public(response)


@require_safe
def favicon(request) -> HttpResponse:
    """The icon for browsers that ask for /favicon.ico whatever the page says."""
    response = HttpResponse(status=301)
    response.headers["Location"] = static("img/favicon.svg")
    return public(response)


@cached_page()
@require_safe
def security_txt(request) -> HttpResponse:
    """How to report a fault that endangers patients' data (RFC 9116)."""
    clinic = ClinicIdentity.load()
    expires = timezone.now().replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    expires = expires.replace(year=expires.year + 1)
    contact = settings.SECURITY_CONTACT or clinic.phone_link
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{reverse('site:security')}",
    ]
    return public(HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8"))


# Error pages ---------------------------------------------------------------------------------


def bad_request(request, exception=None) -> HttpResponse:
    return _error(request, 400, "That request could not be read")


def forbidden(request, exception=None) -> HttpResponse:
    return _error(request, 403, "You cannot open this page")


def csrf_failure(request, reason: str = "") -> HttpResponse:
    """A staff form came back without its token, for instance after signing out elsewhere."""
    return _error(request, 403, "This form is out of date")


def not_found(request, exception=None) -> HttpResponse:
    return _error(request, 404, "Page not found")


def _error(request, status: int, title: str) -> HttpResponse:
    meta = PageMeta(title=title, path=request.path, robots="noindex")
    response = render(request, f"{status}.html", {"meta": meta}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def server_error(request) -> HttpResponse:
    """The page for our own faults: no database, no static file, a reference to quote on the phone."""
    html = get_template("500.html").render(
        {
            "reference": getattr(request, "reference", ""),
            "phone": settings.FALLBACK_PHONE,
            "phone_link": f"tel:{settings.FALLBACK_PHONE_LINK}",
        }
    )
    response = HttpResponse(html, status=500)
    response.headers["Cache-Control"] = "no-store"
    return response
