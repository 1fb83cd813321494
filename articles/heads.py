"""What the page of an article says of itself in its head."""

from collections.abc import Iterable

from django.urls import reverse

from clinic_site.core.models import ClinicIdentity
from clinic_site.core.organization import organization
from clinic_site.core.seo import Crumb, PageMeta

from .bibliography import Citation
from .models import Article
from .sharing import picture_path
from .structured import changed_at, medical_web_page


def article_meta(
    article: Article, *, clinic: ClinicIdentity, citations: Iterable[Citation], robots: str = ""
) -> PageMeta:
    """Build the head of an article's page. With `robots`, of a page that no machine should read."""
    topic, picture = article.topic, picture_path(article, clinic)
    structured_data = ()
    if not robots:
        sources = [citation.reference for citation in citations]
        structured_data = organization(clinic), medical_web_page(article, sources=sources, picture_path=picture)
    return PageMeta(
        title=article.title,
        description=article.summary,
        path=article.get_absolute_url(),
        robots=robots,
        og_type="article",
        published_at=article.published_at,
        modified_at=changed_at(article),
        crumbs=(
            Crumb(name="Articles", path=reverse("articles:index")),
            Crumb(name=topic.name, path=topic.get_absolute_url()),
        ),
        picture_path=picture,
        picture_alt=f"Drawn hills and pines with the words: {article.title}",
        structured_data=structured_data,
    )
