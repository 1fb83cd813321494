"""Signs that nobody real sent a request. They set it aside; they never drop it.

A sign that real people show now and then (another website's address behind a translation service, a quick
hand with autofill, a link in a note) weighs 2 and sets nothing aside alone. A sign that only machines
show weighs 3, as much as it takes.
"""

import re
from dataclasses import dataclass, field

SET_ASIDE_AT = 3
LINK = re.compile(r"://|\bwww\.|\b[\w-]+\.(?:com|net|org|info|biz|ru|cn|xyz|top|example)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Signal:
    """One sign: its name in the database, its weight, and what staff read."""

    code: str
    weight: int
    words: str


TRAP = Signal("trap", 3, "A field that people cannot see was filled in")
CROSS_SITE = Signal("cross_site", 2, "The browser said that another website sent the form")
FOREIGN_ORIGIN = Signal("foreign_origin", 2, "The form was sent from another website's address")
FAST = Signal("fast", 2, "The form was sent within 3 seconds of opening its page")
LINK_IN_NAME = Signal("link_in_name", 3, "The name holds a web address")
LINK_IN_NOTE = Signal("link_in_note", 2, "The note holds a web address")
MANY_FROM_ONE_PLACE = Signal("many", 3, "More than 15 requests came from one place within an hour")
REPEATED_NOTE = Signal("repeated_note", 3, "The same note came 3 times within a day from other places")

SIGNALS = {
    signal.code: signal
    for signal in (
        TRAP,
        CROSS_SITE,
        FOREIGN_ORIGIN,
        FAST,
        LINK_IN_NAME,
        LINK_IN_NOTE,
        MANY_FROM_ONE_PLACE,
        REPEATED_NOTE,
    )
}
MANY = 15
REPEATS = 3
TOO_FAST_MS = 3000


@dataclass(frozen=True, kw_only=True)
class Client:
    """What the server can tell of who sent a form, without naming anybody.

    `took_ms` is how long its page had been open, as the page itself says; None when it does not say.
    """

    client_hash: str = ""
    trap: str = ""
    is_cross_site: bool = False
    has_foreign_origin: bool = False
    took_ms: int | None = None


@dataclass(frozen=True)
class Verdict:
    """The signs found in one request."""

    signals: list[Signal] = field(default_factory=list)

    @property
    def weight(self) -> int:
        return sum(signal.weight for signal in self.signals)

    @property
    def is_suspect(self) -> bool:
        return self.weight >= SET_ASIDE_AT

    @property
    def codes(self) -> list[str]:
        return [signal.code for signal in self.signals]

    @classmethod
    def of_codes(cls, codes: list[str]) -> "Verdict":
        """The verdict that was stored as `codes`. A sign that is no longer known weighs nothing."""
        return cls([SIGNALS.get(code) or Signal(code, 0, code) for code in codes])


def judge(*, name: str, note: str, client: Client, from_client: int, same_note: int) -> Verdict:
    """Weigh the signs.

    `from_client` counts the requests of this hour from the same place, this one included; `same_note` those of
    the last day with the same note from other places.
    """
    found = {
        TRAP: bool(client.trap),
        CROSS_SITE: client.is_cross_site,
        # One observation, made twice: a browser that sends both tells one thing.
        FOREIGN_ORIGIN: client.has_foreign_origin and not client.is_cross_site,
        FAST: client.took_ms is not None and client.took_ms < TOO_FAST_MS,
        LINK_IN_NAME: bool(LINK.search(name)),
        LINK_IN_NOTE: bool(LINK.search(note)),
        MANY_FROM_ONE_PLACE: from_client > MANY,
        REPEATED_NOTE: same_note >= REPEATS,
    }
    return Verdict([signal for signal, is_there in found.items() if is_there])
