"""The mails a request gives rise to. They name no person and hold nothing that was typed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Substr
from django.urls import reverse

from clinic_site.core.delivery import queue_mail
from clinic_site.core.models import OutboxMessage
from locations.models import Location

from .models import ConsultRequest, Recipient

NO_RECIPIENTS = "no recipients"
ABOUT = "consult:"  # and the reference
CONFIRMATIONS_AN_HOUR = 5  # from one place
MAILS_AT_ONCE = 500  # in one statement


def queue_staff_mail(request: ConsultRequest, *, now: datetime, asked_again: bool = False) -> list[OutboxMessage]:
    """Queue one mail for each recipient of this request; see `queue_staff_mails`."""
    return queue_staff_mails([request], now=now, asked_again=asked_again)


def staff_addresses(location: Location | None) -> list[str]:
    """Who is told of requests for a clinic (None: the person was not sure which), each address once."""
    return _addresses(Recipient.objects.told_about(location))


def queue_staff_mails(
    requests: list[ConsultRequest],
    *,
    now: datetime,
    asked_again: bool = False,
    addresses: dict[int | None, list[str]] | None = None,
) -> list[OutboxMessage]:
    """Queue one mail for each recipient of each of these requests.

    `addresses` are the recipients by the clinic's id, as far as somebody has read them already.
    With no recipient, one row that has already failed is left in their place: the admin shows it
    until somebody is named and it is sent again.
    """
    addresses, mails = dict(addresses or {}), []
    for request in requests:
        if request.location_id not in addresses:
            addresses[request.location_id] = staff_addresses(request.location)
        told = addresses[request.location_id]
        mails += [_staff_mail(request, now, asked_again, to_address=address) for address in told]
        if not told:
            failed = {"state": OutboxMessage.State.FAILED, "last_error": NO_RECIPIENTS}
            mails.append(_staff_mail(request, now, asked_again, to_address="", **failed))
    return OutboxMessage.objects.bulk_create(mails, batch_size=MAILS_AT_ONCE)


def _staff_mail(request: ConsultRequest, now: datetime, asked_again: bool, **fields) -> OutboxMessage:
    kind = "asked again" if asked_again else "new request"
    return OutboxMessage(
        kind=OutboxMessage.Kind.STAFF,
        about=request.subject,
        subject=f"{kind.capitalize()} {request.spoken_reference} for {request.place}",
        body=(
            f"There is a {kind} for {request.place}: {request.spoken_reference}.\n\n"
            f"Sign in to see whom to contact, and how:\n{settings.SITE_URL}{request.get_absolute_url()}\n\n"
            "This mail holds no personal details, by design. Please do not answer it.\n"
        ),
        created_at=now,
        due_at=now,
        **fields,
    )


def route_again(message: OutboxMessage, *, now: datetime) -> bool:
    """Replace a mail that had no recipient by mails to those named since. False when there is still nobody."""
    request = ConsultRequest.objects.filter(reference=message.about.removeprefix(ABOUT)).first()
    if request is None or not Recipient.objects.told_about(request.location).exists():
        return False
    message.delete()
    queue_staff_mail(request, now=now)
    return True


def mails_visible_to(user):
    """The mails that `user` may see: all of them for who sees the outbox, else those about requests they may see."""
    if user.has_perm("core.view_outboxmessage"):
        return OutboxMessage.objects.all()
    own = ConsultRequest.objects.visible_to(user).filter(is_test=False)
    # Compared with the bare reference, which is indexed: joined to its prefix it would not be.
    about = own.filter(reference=Substr(OuterRef("about"), len(ABOUT) + 1))
    return OutboxMessage.objects.filter(Exists(about), about__startswith=ABOUT)


def queue_confirmation(request: ConsultRequest, *, now: datetime) -> OutboxMessage | None:
    """Queue the one neutral mail to a person who chose e-mail.

    At most one a day to an address and five an hour for requests from one place: otherwise a
    stranger could use the form to fill somebody's inbox.
    """
    if request.contact_by != ConsultRequest.ContactBy.EMAIL or not request.email:
        return None
    others = ConsultRequest.objects.exclude(pk=request.pk)
    if others.filter(email_hash=request.email_hash, asked_at__gt=now - timedelta(days=1)).exists():
        return None
    from_here = others.filter(client_hash=request.client_hash, asked_at__gt=now - timedelta(hours=1))
    if request.client_hash and from_here.count() >= CONFIRMATIONS_AN_HOUR:
        return None
    return queue_mail(
        kind=OutboxMessage.Kind.CONFIRMATION,
        about=request.subject,
        to_address=request.email,
        subject="We have your request",
        body=(
            f"We have your request. Its reference is {request.spoken_reference}.\n\n"
            "There is nothing more for you to do today. Somebody will write to you at this address.\n\n"
            f"To reach us sooner: {settings.SITE_URL}{reverse('locations:index')}\n\n"
            "If you did not ask us to contact you, you can ignore this mail.\n"
        ),
        now=now,
    )


def queue_test_mails(request: ConsultRequest, *, now: datetime) -> list[OutboxMessage]:
    """Queue the mail of a test request for those who get alarms. With no recipient there is none."""
    return [
        queue_mail(
            kind=OutboxMessage.Kind.TEST,
            about=request.subject,
            to_address=address,
            subject="Daily test: a request came through",
            body=(
                f"The website sent itself a request, {request.spoken_reference}, as a visitor would. "
                "This mail shows that it arrived.\n\n"
                "There is nothing to do. A day without this mail tells you that something is wrong.\n"
            ),
            now=now,
        )
        for address in alarm_addresses()
    ]


def alarm_addresses() -> list[str]:
    """Whom the site tells that something is wrong: those who get alarms, everybody while none is named."""
    everybody = Recipient.objects.told_about(None)
    return _addresses(everybody.filter(gets_alarms=True)) or _addresses(everybody)


def _addresses(recipients) -> list[str]:
    """The addresses of `recipients`, each once however it is written."""
    found = recipients.order_by("pk").values_list("email", flat=True)
    return list({address.casefold(): address for address in found}.values())
