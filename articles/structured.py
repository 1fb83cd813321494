"""An article as schema.org describes it: who stands by it, when it changed, what it cites.

Never which condition a drug is for: that would be a claim made to machines.
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from clinic_site.core.organization import organization_id
from clinic_site.core.seo import absolute_url, without_unknown

from .models import Article, Reference, Review


def changed_at(article: Article) -> datetime:
    """When what readers read last changed: at its publication, at the earliest."""
    return max(filter(None, (article.published_at, article.modified_at)))


def medical_web_page(article: Article, *, sources: Iterable[Reference], picture_path: str) -> dict:
    """Return a published article as a MedicalWebPage, with times as clocks in Alabama show them."""
    url = absolute_url(article.get_absolute_url())
    review = article.review if article.is_medical else None
    return without_unknown(
        {
            "@type": "MedicalWebPage" if article.is_medical else "WebPage",
            "@id": f"{url}#page",
            "url": url,
            "headline": article.title,
            "description": article.summary,
            "inLanguage": "en-US",
            "datePublished": local_iso(article.published_at),
            "dateModified": local_iso(changed_at(article)),
            "author": {"@id": organization_id()},
            "publisher": {"@id": organization_id()},
            **(_reviewed(review) if review else {}),
            "image": absolute_url(picture_path),
            "breadcrumb": {"@id": f"{url}#breadcrumb"},
            "citation": [_work(source) for source in sources],
        }
    )


def local_iso(moment: datetime) -> str:
    """A moment with the clinic's own offset, such as 2026-06-01T09:00:00-05:00."""
    return timezone.localtime(moment).isoformat(timespec="seconds")


def _reviewed(review: Review) -> dict:
    person = {"@type": "Person", "name": review.clinician.name, "honorificSuffix": review.credential}
    return {"lastReviewed": review.reviewed_on.isoformat(), "reviewedBy": person}


def _work(source: Reference) -> dict:
    return without_unknown(
        {
            "@type": "CreativeWork",
            "name": source.title,
            "author": source.authors,
            "datePublished": str(source.year or ""),
            "url": source.url,
        }
    )
