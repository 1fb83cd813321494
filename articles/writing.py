"""What follows whenever the text of an article changes, by whatever road."""

from dataclasses import dataclass
from datetime import datetime

from clinic_site.core.redirects import record_move, record_removal

from .checklist import Finding, check_article, errors_in
from .models import Article, State
from .publishing import NotReady
from .reviewing import reviewed_text, void_reviews
from .search import index_article, remove_article
from .versions import record_version, versions_of


@dataclass(frozen=True, kw_only=True)
class Before:
    """An article as it was stored before a change, with the errors that readers could see already."""

    text: str
    path: str
    errors: frozenset[tuple[str, str]]


def before_change(*, article: Article, now: datetime) -> Before:
    """Remember what is stored of `article`, and keep it as a version if none was kept yet."""
    stored = Article.objects.get(pk=article.pk)
    if not versions_of(stored).exists():
        record_version(article=stored, by=None, comment="As it was before the first change here", now=now)
    errors = frozenset((error.rule, error.text) for error in _errors_before_readers(stored, now))
    return Before(text=reviewed_text(stored), path=stored.get_absolute_url(), errors=errors)


def after_change(
    *, article: Article, before: Before | None, by, comment: str, now: datetime, only_typos: bool = False
) -> bool:
    """Bring everything that hangs on the text up to date. `before` is None for a new article.

    Returns whether a review stood until now and no longer does. Raises NotReady when the article is
    before readers' eyes, or will be, and the change brings an error of the checklist: the caller then
    rolls back. Errors that were there before, and a missing review, hold up no correction.
    """
    known = before.errors if before else frozenset()
    errors = [error for error in _errors_before_readers(article, now) if (error.rule, error.text) not in known]
    if errors:
        raise NotReady(errors)
    if before is not None:
        record_move(
            old_path=before.path, new_path=article.get_absolute_url(), was_public=has_been_public(article, now), now=now
        )
    article.count_words()
    index_article(article)
    record_version(article=article, by=by, comment=comment, now=now)
    has_changed = before is not None and reviewed_text(article) != before.text
    return has_changed and not only_typos and bool(void_reviews(article=article, now=now))


def before_deleting(*, article: Article, now: datetime) -> None:
    """Tell readers and the search that the article is gone. Called before its row is deleted."""
    record_removal(path=article.get_absolute_url(), was_public=has_been_public(article, now), now=now)
    remove_article(article.pk)


def has_been_public(article: Article, now: datetime) -> bool:
    """True when anybody may know the address of the article, even if it was withdrawn since."""
    return article.state(now) in (State.PUBLISHED, State.WITHDRAWN)


def _errors_before_readers(article: Article, now: datetime) -> list[Finding]:
    if article.state(now) not in (State.SCHEDULED, State.PUBLISHED):
        return []
    return [error for error in errors_in(check_article(article, now=now)) if error.rule != "review"]
