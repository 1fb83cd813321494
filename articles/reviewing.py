"""What a clinician's review covers, how it is signed, when it stops standing, when it is due again."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from locations.models import Clinician

from .models import Article, Review
from .plain_text import marked_text

# A review is due again within twelve months, and shown as due this long before.
MONTHS_12 = timedelta(days=365)
DUE_SOON = timedelta(days=60)


class TextChanged(Exception):
    """The article is no longer what the clinician had before their eyes."""


def reviewed_text(article: Article) -> str:
    """Return what a reviewer answers for: every word and every source, not how they are marked up.

    Saving from the editor tidies HTML; that alone must not undo a review.
    """
    lines = [str(article.is_medical), article.title, article.standfirst, *article.key_fact_list]
    for block in article.blocks():
        lines += [block.kind, *map(marked_text, block.texts_html())]
    return "\n".join(lines)


def text_stamp(article: Article) -> str:
    """Return a short mark of the reviewed text: two articles that say the same have the same."""
    return hashlib.sha256(reviewed_text(article).encode()).hexdigest()[:32]


def sign(
    *, article: Article, clinician: Clinician, user, scope: str, stamp: str, next_due_on: date, now: datetime
) -> Review:
    """Record that `clinician`, signed in as `user`, has read the text that has the mark `stamp`.

    Earlier reviews stay on record; the newest is the one readers see. Raises TextChanged when the
    text is another by now, ValidationError for a due date that is not within twelve months.
    """
    if text_stamp(article) != stamp:
        raise TextChanged
    review = Review(
        article=article,
        clinician=clinician,
        credential=clinician.credential,
        scope=scope,
        reviewed_on=timezone.localdate(now),
        next_due_on=next_due_on,
        signed_by=user,
    )
    review.full_clean()
    review.save()
    return review


def void_reviews(*, article: Article, now: datetime) -> int:
    """Void the reviews of an article whose text has changed; return how many stood until now."""
    return Review.objects.filter(article=article, voided_at=None).update(voided_at=now)


@dataclass(frozen=True, kw_only=True)
class DueReview:
    """A medical article that needs a clinician. `due_on` is None for one never reviewed, or not since its last edit."""

    article: Article
    due_on: date | None
    is_overdue: bool


def due_reviews(*, now: datetime) -> list[DueReview]:
    """Return what clinicians have to read: asked for or published without a review, overdue, or due in 60 days.

    Those without any review come first, then by date.
    """
    today = timezone.localdate(now)
    articles = Article.objects.filter(is_medical=True).select_related("owner").prefetch_related("reviews__clinician")
    waiting = {Article.State.IN_REVIEW, Article.State.SCHEDULED, Article.State.PUBLISHED}
    due = []
    for article in articles:
        if article.state(now) not in waiting:
            continue
        review = article.review
        if review is None:
            due.append(DueReview(article=article, due_on=None, is_overdue=False))
        elif review.next_due_on <= today + DUE_SOON:
            is_overdue = review.next_due_on < today
            due.append(DueReview(article=article, due_on=review.next_due_on, is_overdue=is_overdue))
    return sorted(due, key=lambda entry: (entry.due_on or date.min, entry.article.title))
