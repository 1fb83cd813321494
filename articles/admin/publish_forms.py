"""The steps of publishing: what each button does, and in which states it is offered."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.utils import timezone

from .. import publishing
from ..models import State


class ScheduleForm(forms.Form):
    """When readers may see the article, in the clinic's own time."""

    at = forms.SplitDateTimeField(
        label="Publish at",
        help_text="Central Time.",
        widget=forms.SplitDateTimeWidget(date_attrs={"type": "date"}, time_attrs={"type": "time"}),
        error_messages={"required": "Give a day and a time.", "invalid": "Give a day and a time."},
    )


@dataclass(frozen=True, kw_only=True)
class Step:
    """One button. `run` takes the article, the schedule form and the time; `done` is what staff are told."""

    run: Callable[..., None]
    done: Callable[..., str]
    states: frozenset[State]

    def take(self, *, request, admin, article, form, now) -> bool:
        """Take the step and tell the outcome. False when the page is to be shown again as it was sent."""
        if form.is_bound and not form.is_valid():
            return False
        try:
            self.run(article=article, form=form, now=now)
        except publishing.NotPossible as error:
            admin.message_user(request, str(error), messages.ERROR)
            return not form.is_bound
        words = self.done(article)
        admin.log_change(request, article, words)
        admin.message_user(request, words, messages.SUCCESS)
        return True


def _when(article) -> str:
    return f"{timezone.localtime(article.published_at):%A, %B %-d, %Y, %-I:%M %p %Z}"


UNPUBLISHED = frozenset({State.DRAFT, State.IN_REVIEW, State.SCHEDULED, State.WITHDRAWN})
STEPS = {
    "now": Step(
        run=lambda article, form, now: publishing.publish(article=article, at=now, now=now),
        done=lambda article: "Published: readers see it now.",
        states=UNPUBLISHED,
    ),
    "schedule": Step(
        run=lambda article, form, now: publishing.publish(article=article, at=form.cleaned_data["at"], now=now),
        done=lambda article: f"Scheduled: readers see it from {_when(article)} on.",
        states=UNPUBLISHED,
    ),
    "review": Step(
        run=lambda article, form, now: publishing.ask_for_review(article=article, now=now),
        done=lambda article: "On the list of those who review.",
        states=frozenset({State.DRAFT}),
    ),
    "draft": Step(
        run=lambda article, form, now: publishing.back_to_draft(article=article, now=now),
        done=lambda article: "A draft again: readers do not see it.",
        states=frozenset({State.IN_REVIEW, State.SCHEDULED, State.WITHDRAWN}),
    ),
    "withdraw": Step(
        run=lambda article, form, now: publishing.withdraw(article=article, now=now),
        done=lambda article: "Withdrawn: readers no longer see it.",
        states=frozenset({State.PUBLISHED}),
    ),
}
