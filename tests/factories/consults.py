"""Requests, recipients, mails and staff for tests. Requests come in by the one door there is."""

from datetime import datetime
from itertools import count

from django.contrib.auth.models import Group, Permission, User

from clinic_site.core.models import OutboxMessage
from clinic_site.roles import FRONT_DESK, set_up_roles
from consults.intake import receive_consult
from consults.models import ConsentText, ConsultRequest, Recipient
from consults.spam import Client
from locations.models import Location

from .posts import NOW, make_answers

PASSWORD = "a-long-password-for-tests"
_numbers = count()


def make_request(
    *, now: datetime = NOW, source: str = "consult", client: Client | None = None, page: str = "", **answers
) -> ConsultRequest:
    """Return a request as the form would have brought it in; each has a phone number of its own."""
    last = f"01{next(_numbers) % 100:02}"
    answers = {"phone": f"tel:+1-205-555-{last}", "phone_as_typed": f"205-555-{last}", **answers}
    return receive_consult(
        answers=make_answers(**answers), source=source, client=client or Client(), page=page, now=now
    ).request


def make_quarantined_request(**changes) -> ConsultRequest:
    """Return a request that was set aside: it filled in the field that people cannot see."""
    return make_request(client=Client(trap="https://spam.example"), **changes)


def make_recipient(email: str = "desk@clinic.example", **fields) -> Recipient:
    return Recipient.objects.create(email=email, **{"verified_at": NOW, **fields})


def make_consent_text(purpose: str = "contact", body: str = "We may contact you.", **fields) -> ConsentText:
    return ConsentText.objects.create(purpose=purpose, body=body, **{"created_at": NOW, **fields})


def make_mail(**fields) -> OutboxMessage:
    """Return a mail to staff that waits to be sent."""
    fields = {
        "kind": OutboxMessage.Kind.STAFF,
        "about": "digest",
        "to_address": "desk@clinic.example",
        "subject": "A mail",
        "body": "Words.",
        "created_at": NOW,
        "due_at": NOW,
        **fields,
    }
    return OutboxMessage.objects.create(**fields)


def make_failed_mail(*, error: str = "550 the mail server refused this address", **fields) -> OutboxMessage:
    return make_mail(state=OutboxMessage.State.FAILED, last_error=error, **fields)


def make_staff_user(*permissions: str, **fields) -> User:
    """Return somebody who may sign in to the admin and has just these permissions, as "app.codename"."""
    user = User.objects.create_user(
        **{"username": f"staff-{next(_numbers)}", "password": PASSWORD, "is_staff": True, **fields}
    )
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def make_role(role: str, **fields) -> User:
    """Return somebody who has one role and nothing else, such as clinic_site.roles.MANAGER."""
    if not Group.objects.filter(name=role).exists():  # after a test that commits
        set_up_roles()
    user = make_staff_user(**fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def make_front_desk(*locations: Location, **fields) -> User:
    """Return somebody who works on the requests of these clinics, of all that there are when none is named."""
    user = make_role(FRONT_DESK, **fields)
    user.desk_clinics.set(locations or Location.objects.all())
    return user
