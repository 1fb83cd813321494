"""From which network address a request comes: for the audit trail of staff, and for signs of spam."""

import ipaddress
from contextvars import ContextVar

from django.conf import settings

# The address of the request that is being answered; '' outside of one, in the worker or a shell.
current_address: ContextVar[str] = ContextVar("current_address", default="")


def address_of(request) -> str:
    """Return the client's address; '' when there is none or what a proxy sent is no address."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        # The last entry is the one our own proxy added.
        address = request.headers.get("X-Forwarded-For", address).rsplit(",", 1)[-1].strip()
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""


class ClientAddressMiddleware:
    """Keep the address of the request in hand, so that an audit entry can say where staff worked from."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request):
        token = current_address.set(address_of(request))
        try:
            return self.get_response(request)
        finally:
            current_address.reset(token)
