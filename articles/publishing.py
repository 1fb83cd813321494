"""An article's way from draft to readers, and back.

The times on the article are the state; these functions are the only ones that set them.
"""

from datetime import datetime

from .checklist import Finding, check_article, errors_in
from .models import Article, State
from .search import index_article

FASTER = "Somebody may have been faster: this is how it stands."


class NotPossible(Exception):
    """The step cannot be taken. The message says why, in words for staff."""


class NotReady(NotPossible):
    """The checklist holds errors; they are in `findings`."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"{len(findings)} points on the checklist must be put right first.")
        self.findings = findings


def publish(*, article: Article, at: datetime, now: datetime) -> None:
    """Let readers see `article` from `at` on: now or at any later moment.

    Raises NotReady while the checklist holds an error, NotPossible for a moment that has passed and
    for an article that readers see already.
    """
    _require(article, now, State.DRAFT, State.IN_REVIEW, State.SCHEDULED, State.WITHDRAWN)
    if at < now:
        raise NotPossible("That moment has passed. Choose a later one, or publish now.")
    errors = errors_in(check_article(article, now=now))
    if errors:
        raise NotReady(errors)
    _set(article, published_at=at, withdrawn_at=None, in_review_since=None)


def ask_for_review(*, article: Article, now: datetime) -> None:
    """Put a draft on the list of those who review."""
    _require(article, now, State.DRAFT)
    _set(article, in_review_since=now)


def back_to_draft(*, article: Article, now: datetime) -> None:
    """Take an article out of review, off the schedule, or up again after it was withdrawn."""
    _require(article, now, State.IN_REVIEW, State.SCHEDULED, State.WITHDRAWN)
    _set(article, in_review_since=None, published_at=None, withdrawn_at=None)


def withdraw(*, article: Article, now: datetime) -> None:
    """Take a published article away from readers, from this moment on."""
    _require(article, now, State.PUBLISHED)
    _set(article, withdrawn_at=now)


def _require(article: Article, now: datetime, *states: State) -> None:
    state = article.state(now)
    if state not in states:
        raise NotPossible(f"That is not possible: the article is {state.label.lower()}. {FASTER}")


def _set(article: Article, **times: datetime | None) -> None:
    """Store the times, unless the article is no longer in the state in which the step was allowed."""
    read = {name: getattr(article, name) for name in ("in_review_since", "published_at", "withdrawn_at")}
    # Not save(): a change of state is no change of the text that readers should see as “Updated”.
    if not Article.objects.filter(pk=article.pk, **read).update(**times):
        raise NotPossible(f"Nothing was changed. {FASTER}")
    for name, value in times.items():
        setattr(article, name, value)
    index_article(article)
