"""Counting tries in the database, so that the count is right whichever process or machine is asked.

A wrong try counts for one account in one place. A place is a device on which the account has signed
in before, else a network address: whoever hammers an account from elsewhere, or from another machine
behind the same address, locks nobody but themselves out.
"""

import ipaddress
from datetime import datetime, timedelta

from django.db.models import F

from clinic_site.core.client_address import address_of
from clinic_site.core.encryption import lookup_hash

from .devices import device_of
from .models import Tries

MOST = 5
PAUSE = timedelta(minutes=15)
IPV6_HOME = 64  # one customer has as many addresses as such a network holds


def place_of(request, *, user_id: int | None = None) -> str:
    """Return what tells the place of a request from others: a known device of the account, else the network."""
    device = device_of(request, user_id=user_id)
    if device:
        return f"device {device}"
    address = address_of(request)
    if ":" in address:
        address = str(ipaddress.ip_network(f"{address}/{IPV6_HOME}", strict=False).network_address)
    return f"address {address}"


def key_of(*parts: object) -> str:
    """Return the keyed hash under which tries of this kind are counted."""
    return lookup_hash("\0".join(map(str, parts)), purpose="tries")


def take(key: str, *, now: datetime, most: int = MOST, pause: timedelta = PAUSE) -> bool:
    """Take one of `most` tries; False when they are used up, until `pause` after the last one that was taken.

    It is taken before anything is looked at: nobody gets one more by being fast.
    """
    Tries.objects.bulk_create([Tries(key=key, until=now + pause)], ignore_conflicts=True)
    ours = Tries.objects.filter(key=key)
    ours.filter(until__lte=now).update(count=0, until=now + pause)
    return bool(ours.filter(count__lt=most).update(count=F("count") + 1, until=now + pause))


def is_first_refusal(key: str, *, most: int = MOST) -> bool:
    """True for one caller alone after the tries of `key` were used up: that one notes it."""
    return bool(Tries.objects.filter(key=key, count=most).update(count=most + 1))


def forget(key: str) -> None:
    """Give all tries of `key` back: who tried knew it."""
    Tries.objects.filter(key=key).delete()


def forget_old_tries(*, now: datetime) -> None:
    """Delete what no longer counts."""
    Tries.objects.filter(until__lte=now).delete()
