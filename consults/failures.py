"""Telling the manager that mails do not go out, once a day at most."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from clinic_site.core.delivery import queue_mail
from clinic_site.core.jobs import KEEP_RUNS_FOR, claim
from clinic_site.core.models import ClinicIdentity, JobRun, OutboxMessage

from .clock import is_night
from .notifications import alarm_addresses

LATE_AFTER = timedelta(hours=1)
# The row of this name says on which days the manager was told.
ALARM = "mail-alarm"
Kind, State = OutboxMessage.Kind, OutboxMessage.State


def tell_of_failed_mails(*, now: datetime) -> None:
    """Queue one alarm when mails to staff were given up since the last one, or have failed for an hour.

    It counts them and names nobody. A failing alarm gives rise to no other.
    """
    if is_night(now) and not ClinicIdentity.load().remind_at_night:
        return
    last = JobRun.objects.filter(name=ALARM).order_by("-started_at").first()
    since = last.started_at if last else now - KEEP_RUNS_FOR
    to_staff = OutboxMessage.objects.unsent().exclude(kind__in=[Kind.CONFIRMATION, Kind.ALARM])
    given_up = to_staff.filter(state=State.FAILED, due_at__gt=since).count()
    late = to_staff.filter(Q(state=State.QUEUED) | Q(state=State.SENDING), created_at__lte=now - LATE_AFTER).exclude(
        last_error=""
    )
    late = late.count()
    if not (given_up or late):
        return
    with transaction.atomic():
        addresses = alarm_addresses()
        run = claim(ALARM, period=timezone.localdate(now).isoformat(), now=now) if addresses else None
        if run is None:
            return
        JobRun.objects.filter(pk=run.pk).update(finished_at=now)
        for address in addresses:
            queue_mail(
                kind=Kind.ALARM,
                about="mails",
                to_address=address,
                subject="Mails to staff do not go out",
                body=_body(given_up, late),
                now=now,
            )


def _body(given_up: int, late: int) -> str:
    return (
        "Mails that tell staff of requests have trouble.\n\n"
        f"Given up: {given_up}\n"
        f"Failing for more than an hour, and tried again: {late}\n\n"
        "The requests themselves are safe. What the mail server said, and a button to send again:\n"
        f"{settings.SITE_URL}{reverse('admin:index')}#mails\n\n"
        "You get this mail once a day at most.\n"
    )
