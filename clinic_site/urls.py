"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from . import search_views, sitemaps, views
from .media import media
from .metrics import metrics
from .readiness import livez, readyz

site_patterns = [
    path("", views.home, name="home"),
    path("search/", search_views.search_page, name="search"),
    path("art/<slug:slug>.svg", views.art, name="art"),
    path("og/<slug:version>.jpg", views.share_picture, name="share-picture"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<slug:section>-<int:number>.xml", sitemaps.section, name="sitemap-section"),
    path("site.webmanifest", views.manifest, name="manifest"),
    path("favicon.ico", views.favicon, name="favicon"),
    path(".well-known/security.txt", views.security_txt, name="security"),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("media/<path:path>", media, name="media"),
]
# Last of all: any other single word is a page that staff wrote.
page_patterns = [path("<slug:slug>/", views.page, name="page")]

urlpatterns = [
    # Before the admin, which answers for every address below its own.
    path("admin/account/", include("clinic_site.signin.urls")),
    path("admin/", admin.site.urls),
    path("", include("articles.urls")),
    path("", include("locations.urls")),
    path("", include("consults.urls")),
    path("", include((site_patterns + page_patterns, "site"))),
]

if "debug_toolbar" in settings.INSTALLED_APPS:  # under `make dev` only
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns = [*debug_toolbar_urls(), *urlpatterns]

handler400 = "clinic_site.views.bad_request"
handler403 = "clinic_site.views.forbidden"
handler404 = "clinic_site.views.not_found"
handler500 = "clinic_site.views.server_error"
