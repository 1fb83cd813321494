"""How to reach the person who asked: what to show, and what a tap opens."""

from dataclasses import dataclass
from urllib.parse import quote

import phonenumbers

from .consents import do_not_contact, may_text
from .models import ConsultRequest

ContactBy = ConsultRequest.ContactBy
HOME_COUNTRY = 1


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to reach a person: a verb, the number or address to show, and the link that opens it."""

    verb: str
    text: str
    link: str


def ways_to_reach(request: ConsultRequest) -> list[Way]:
    """Return every way that can work and is allowed, the one the person chose first.

    A text needs the box that was ticked for it. Nothing is offered for who asked not to be contacted any more.
    Load many requests through `consents.with_consents`.
    """
    ways = {}
    if do_not_contact(request):
        return []
    if request.phone:
        shown = phone_text(request.phone)
        ways[ContactBy.CALL] = Way(verb="Call", text=shown, link=request.phone)
        if may_text(request):
            # A text cannot be sent to an extension.
            number = request.phone.removeprefix("tel:").partition(";")[0]
            ways[ContactBy.TEXT] = Way(verb="Text", text=shown, link=f"sms:{number}")
    if request.email:
        address = quote(request.email, safe="@+")
        ways[ContactBy.EMAIL] = Way(verb="Write to", text=request.email, link=f"mailto:{address}")
    return [ways[kind] for kind in sorted(ways, key=lambda kind: kind != request.contact_by)]


def phone_text(phone: str) -> str:
    """Return a stored number as people write it: (205) 555-0142, or +44 20 7946 0018 from abroad."""
    number = phonenumbers.parse(phone, "US")
    formats = phonenumbers.PhoneNumberFormat
    is_home = number.country_code == HOME_COUNTRY
    return phonenumbers.format_number(number, formats.NATIONAL if is_home else formats.INTERNATIONAL)
