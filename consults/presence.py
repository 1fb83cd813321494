"""Who has which request open, so that two people do not call the same person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .models import Activity, ConsultRequest, OpenedRequest

# Whoever opened a request longer ago has most likely left it.
PRESENT_FOR = timedelta(minutes=10)
# The page that follows a step of one's own is shown, not opened.
JUST_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Present:
    """Somebody else at the same request, and when they opened it."""

    name: str
    since: datetime


def enter(*, request: ConsultRequest, user, now: datetime) -> list[Present]:
    """Keep that `user` has this request open, and return who else has, the latest first.

    Not kept on the page that follows an outcome which `user` has just noted: they are done with it.
    """
    newest = request.activities.order_by("-pk").values("actor", "at", "kind").first()
    is_done = newest and newest["actor"] == user.pk and newest["at"] > now - JUST_NOTED and _ends_a_visit(newest)
    if not is_done:
        OpenedRequest.objects.bulk_create(
            [OpenedRequest(request=request, user=user, at=now)],
            update_conflicts=True,
            unique_fields=["request", "user"],
            update_fields=["at"],
        )
    others = (
        OpenedRequest.objects.filter(request=request, at__gt=now - PRESENT_FOR)
        .exclude(user=user)
        .select_related("user")
        .order_by("-at", "pk")
    )
    return [Present(name=person_name(row.user), since=row.at) for row in others]


def leave(*, request: ConsultRequest, user) -> None:
    """Keep no longer that `user` has this request open; None stands for nobody."""
    if user is not None:
        OpenedRequest.objects.filter(request=request, user=user).delete()


def person_name(user) -> str:
    """How staff know each other: the full name, else the user name."""
    return user.get_full_name() or user.get_username()


def _ends_a_visit(activity: dict) -> bool:
    """True for what is noted when the call is over; a note or taking a request on comes before."""
    before = {Activity.Kind.NOTE, Activity.Kind.TAKEN, Activity.Kind.PHONE_CORRECTED}
    return activity["kind"] not in before
