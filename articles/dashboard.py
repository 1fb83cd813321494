"""What the first screen of the admin says of articles."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from .review_mail import due_text
from .reviewing import due_reviews

SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class DueRow:
    """One article that needs a clinician. `url` leads to where it is read and signed."""

    title: str
    url: str
    due: str
    is_overdue: bool


@dataclass(frozen=True, kw_only=True)
class ReviewQueue:
    """The reviews that are due, most pressing first; `more` are not shown."""

    rows: list[DueRow]
    more: int


def review_queue(user, *, now: datetime) -> ReviewQueue | None:
    """Return what clinicians have to read within 60 days; None for staff who do not see articles."""
    if not user.has_perm("articles.view_article"):
        return None
    due = due_reviews(now=now)
    rows = [
        DueRow(
            title=entry.article.title,
            url=reverse("admin:articles_preview", args=[entry.article.pk]),
            due=due_text(entry),
            is_overdue=entry.is_overdue,
        )
        for entry in due[:SHOWN]
    ]
    return ReviewQueue(rows=rows, more=len(due) - len(rows))
