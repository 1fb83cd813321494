"""How long requests are kept, and how they are deleted with everything that hangs on them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from clinic_site.core.models import AuditEntry, OutboxMessage
from clinic_site.core.wiping import wipe

from .models import Activity, Consent, ConsultRequest, OpenedRequest, RetentionRules
from .models.request import ConsultRequestQuerySet

TEST_DAYS = 1
SPAM_DAYS = 30
SOON_DAYS = 30
LONG_OPEN_MONTHS = 12
# So that the desk never waits long for the database.
BATCH = 500

Stage, SpamState = ConsultRequest.Stage, ConsultRequest.SpamState


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, in the clinic's words, and the requests whose time is up by it."""

    key: str
    what: str
    kept: str
    due: ConsultRequestQuerySet


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a rule deletes at its next run, and within thirty days after."""

    what: str
    kept: str
    now: int
    soon: int


def time_ago(*, now: datetime, months: int = 0, days: int = 0) -> datetime:
    """Return the moment in UTC that lies `months` and `days` of the clinic's calendar before `now`.

    The clock on the wall then shows what it shows at `now`. A day that its month does not have is
    the month's last; a time that the clocks skipped or showed twice is the earlier reading. Both
    make a request stay a little longer, never shorter.
    """
    local = timezone.localtime(now)
    count = local.year * 12 + local.month - 1 - months
    year, month = divmod(count, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    day = min(local.day, (first_of_next - timedelta(days=1)).day)
    wall = local.replace(year=year, month=month + 1, day=day) - timedelta(days=days)
    return min(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def rules(*, now: datetime, closed_months: int) -> list[Rule]:
    """Return what is to be deleted at `now`. The preview counts these, and `expire` deletes them.

    An open request is in none of them, however old, unless it was set aside as spam.
    """
    requests = ConsultRequest.objects
    months = "1 month" if closed_months == 1 else f"{closed_months} months"
    return [
        Rule(
            key="test",
            what="The site’s own tests",
            kept="1 day",
            due=requests.filter(is_test=True, last_asked_at__lte=time_ago(now=now, days=TEST_DAYS)),
        ),
        Rule(
            key="spam",
            what="Spam, confirmed or only suspected",
            kept=f"{SPAM_DAYS} days",
            due=requests.filter(
                is_test=False,
                spam_state__in=[SpamState.QUARANTINED, SpamState.CONFIRMED],
                last_asked_at__lte=time_ago(now=now, days=SPAM_DAYS),
            ),
        ),
        Rule(
            key="finished",
            what="Booked and closed requests",
            kept=f"{months} after their end",
            due=requests.real().filter(
                stage__in=[Stage.BOOKED, Stage.CLOSED],
                finished_at__lte=time_ago(now=now, months=closed_months),
            ),
        ),
    ]


def forecast(*, now: datetime, closed_months: int) -> list[Forecast]:
    """Count, rule by rule, what is deleted at the next run and what within thirty days after it."""
    later = rules(now=timezone.localtime(now) + timedelta(days=SOON_DAYS), closed_months=closed_months)
    found = []
    for rule, then in zip(rules(now=now, closed_months=closed_months), later, strict=True):
        due = rule.due.count()
        found.append(Forecast(what=rule.what, kept=rule.kept, now=due, soon=then.due.count() - due))
    return found


def open_for_long(*, now: datetime) -> dict[str, int]:
    """Return how many requests have been open for more than a year, by stage. Only staff can end them."""
    old = ConsultRequest.objects.real().filter(waiting_since__lte=time_ago(now=now, months=LONG_OPEN_MONTHS))
    return {stage: old.filter(stage=stage).count() for stage in (Stage.WAITING, Stage.IN_TOUCH)}


def expire(*, now: datetime) -> None:
    """Delete every request whose time is up, a few hundred at a time. The audit trail keeps that it was there."""
    deleted = 0
    for rule in rules(now=now, closed_months=RetentionRules.load().closed_months):
        while some := delete_some(rule.due, action="request-expired", now=now, rule=rule.key):
            deleted += some
    if deleted:
        wipe()


@transaction.atomic
def delete_some(due: ConsultRequestQuerySet, *, action: str, now: datetime, actor=None, **detail) -> int:
    """Delete up to `BATCH` of `due` with all that is kept of them, and return how many.

    One audit entry for each stays: its reference, its stage and for how many days it was kept.
    """
    # In no order: by key, the database would go through all that ever came in to find the few.
    some = list(due.order_by().values_list("pk", flat=True)[:BATCH])
    # Locked and looked at again in one step: one that was reopened meanwhile is not among them.
    rows = due.filter(pk__in=some).order_by("pk").select_for_update()
    chosen = list(rows.values_list("pk", "reference", "stage", "asked_at"))
    for _, reference, stage, asked_at in chosen:
        days = (timezone.localtime(now).date() - timezone.localtime(asked_at).date()).days
        subject = f"consult:{reference}"
        AuditEntry.record(action=action, subject=subject, now=now, actor=actor, stage=stage, days=days, **detail)
    pks = [pk for pk, *_ in chosen]
    OutboxMessage.objects.filter(about__in=[f"consult:{reference}" for _, reference, *_ in chosen]).delete()
    kind = ContentType.objects.get_for_model(ConsultRequest)
    LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in pks]).delete()
    for model in (Activity, Consent, OpenedRequest):
        model.objects.filter(request__in=pks).delete()
    # Only the key is read: a row that no key opens any more can still be deleted.
    ConsultRequest.objects.filter(pk__in=pks).only("pk").delete()
    return len(chosen)


@transaction.atomic
def change_rules(*, closed_months: int, actor, now: datetime) -> None:
    """Keep finished requests for `closed_months` from the next run on."""
    RetentionRules(closed_months=closed_months).save()
    AuditEntry.record(action="retention-changed", subject="consults", now=now, actor=actor, fields=["closed_months"])
