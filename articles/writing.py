"""What follows whenever the text of an article changes, by whatever road."""

from dataclasses import dataclass
from datetime import datetime

from .checklist import check_article
from .models import Article, State
from .publishing import NotReady
from .reviewing import reviewed_text, void_reviews
from .versions import record_version, versions_of


@dataclass(frozen=True, kw_only=True)
class Before:
    """An article as it was stored before a change."""

    text: str
    path: str


def before_change(*, article: Article, now: datetime) -> Before:
    """Remember what is stored of `article`, and keep it as a version if none was kept yet."""
    stored = Article.objects.get(pk=article.pk)
    if not versions_of(stored).exists():
        record_version(article=stored, by=None, comment="As it was before the first change here", now=now)
    return Before(text=reviewed_text(stored), path=stored.get_absolute_url())


def after_change(
    *, article: Article, before: Before | None, by, comment: str, now: datetime, only_typos: bool = False
) -> bool:
    """Bring everything that hangs on the text up to date. `before` is None for a new article.

    Returns whether a review stood until now and no longer does. Raises NotReady when the article is
    before readers' eyes, or will be, and no longer passes the checklist: the caller then rolls back.
    A missing review is no such error: a correction must not wait for a signature.
    """
    if article.state(now) in (State.SCHEDULED, State.PUBLISHED):
        errors = [finding for finding in check_article(article, now=now) if finding.is_error and not finding.is_review]
        if errors:
            raise NotReady(errors)
    article.count_words()
    record_version(article=article, by=by, comment=comment, now=now)
    has_changed = before is not None and reviewed_text(article) != before.text
    return has_changed and not only_typos and bool(void_reviews(article=article, now=now))
