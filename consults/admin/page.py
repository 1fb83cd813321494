"""What the page of one request shows."""

from datetime import datetime

from django.urls import reverse

from clinic_site.core.dashboard import mail_rows
from clinic_site.core.models import ClinicIdentity, OutboxMessage
from locations.business_time import load_calendars

from ..clock import promise
from ..consents import consents_of, do_not_contact, load_consents
from ..day import age_text, moment_text
from ..models import Activity, ConsultRequest
from ..outreach import phone_text, ways_to_reach
from ..pipeline import next_morning, possible_outcomes
from ..presence import person_name
from ..same_person import of_person
from ..spam import SET_ASIDE_AT, Verdict
from .forms import OutcomeForm, PhoneForm

Kind = Activity.Kind
# What the buttons say, in the order and the groups in which they stand.
BUTTONS = {
    "Not reached yet": {Kind.LEFT_MESSAGE: "Left a message", Kind.NO_ANSWER: "No answer"},
    "Reached": {Kind.REACHED: "Reached", Kind.BOOKED: "Booked", Kind.NOT_A_FIT: "Not a fit"},
    "Cannot be reached": {Kind.WRONG_NUMBER: "Wrong number", Kind.DUPLICATE: "Duplicate"},
    "Take it up again": {Kind.REOPENED: "Reopen"},
}
SHOWN_OTHERS = 20


def page_context(
    asked: ConsultRequest,
    *,
    visible,
    user,
    may_work: bool,
    now: datetime,
    form: OutcomeForm | None = None,
    phone_form: PhoneForm | None = None,
) -> dict:
    """Return what the page shows. `visible` are the requests that `user` may see; the forms hold what was typed."""
    possible = possible_outcomes(asked) if may_work else []
    load_consents(asked)
    activities = list(asked.activities.order_by("-pk"))
    calendars = load_calendars()
    others = list(_others(asked, visible)[: SHOWN_OTHERS + 1])
    return {
        "title": f"Request {asked.spoken_reference}",
        "asked": asked,
        "promise": promise(asked, hours=ClinicIdentity.load().answer_within_hours, calendars=calendars, now=now),
        "age": age_text(asked.age(now=now)),
        "ways": ways_to_reach(asked),
        "phone": phone_text(asked.phone) if asked.phone else "",
        "may_work": may_work,
        "seen": activities[0].pk if activities else 0,
        "buttons": [(group, offered) for group, kinds in BUTTONS.items() if (offered := _offered(kinds, possible))],
        "may_put_off": Kind.TRY_AGAIN in possible,
        "form": form or OutcomeForm(now=now),
        "phone_form": phone_form or PhoneForm(current=asked.phone),
        "next_morning": moment_text(next_morning(asked, now=now), now=now),
        "comes_back": moment_text(asked.next_action_at, now=now) if asked.next_action_at else "",
        "is_due": bool(asked.next_action_at and asked.next_action_at <= now),
        "owner": person_name(asked.owner) if asked.owner else "",
        "is_mine": asked.owner_id == user.pk,
        "others": [_other(other, asked) for other in others[:SHOWN_OTHERS]],
        "all_others_url": _all_url(asked) if len(others) > SHOWN_OTHERS else "",
        "verdict": Verdict.of_codes(asked.spam_reasons),
        "set_aside_at": SET_ASIDE_AT,
        "activities": activities,
        "consents": consents_of(asked),
        "do_not_contact": do_not_contact(asked),
        "mails": mail_rows(OutboxMessage.objects.filter(about=asked.subject).order_by("-created_at", "-pk")),
    }


def reasons(asked: ConsultRequest) -> list[str]:
    """Why a request was set aside, in words."""
    return [signal.words for signal in Verdict.of_codes(asked.spam_reasons).signals]


def _offered(kinds: dict[str, str], possible: list[str]) -> list[tuple[str, str]]:
    return [(kind, label) for kind, label in kinds.items() if kind in possible]


def _others(asked: ConsultRequest, visible):
    """The other requests with the same phone or address, the newest first."""
    same = of_person(asked.phone_hash, asked.email_hash)
    return visible.filter(same).exclude(pk=asked.pk).order_by("-asked_at", "-pk")


def _other(other: ConsultRequest, asked: ConsultRequest) -> dict:
    return {
        "reference": other.spoken_reference,
        "url": other.get_absolute_url(),
        "asked_at": other.asked_at,
        "is_earlier": (other.asked_at, other.pk) < (asked.asked_at, asked.pk),
        "stage": other.get_spam_state_display() if other.is_set_aside else other.get_stage_display(),
    }


def _all_url(asked: ConsultRequest) -> str:
    """The list of all requests of this phone, or else of this address, named by the hash alone."""
    return f"{reverse('admin:consults_consultrequest_changelist')}?person={asked.phone_hash or asked.email_hash}"
