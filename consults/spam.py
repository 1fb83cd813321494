"""Signs that nobody real sent a request. They set it aside; they never drop it."""

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
LINK_IN_NAME = Signal("link_in_name", 3, "The name holds a web address")
LINK_IN_NOTE = Signal("link_in_note", 2, "The note holds a web address")
MANY_FROM_ONE_PLACE = Signal("many", 3, "More than 15 forms came from one place within an hour")
REPEATED_NOTE = Signal("repeated_note", 3, "The same note came three times before within a day, from other places")
# Not enough by itself: somebody whose browser fills in forms can be as quick.
TOO_FAST = Signal("too_fast", 2, "The form was sent within three seconds of being opened")

SIGNALS = {
    signal.code: signal
    for signal in (
        TRAP,
        CROSS_SITE,
        FOREIGN_ORIGIN,
        LINK_IN_NAME,
        LINK_IN_NOTE,
        MANY_FROM_ONE_PLACE,
        REPEATED_NOTE,
        TOO_FAST,
    )
}
MANY = 15
SAME_NOTES = 3
FASTEST = 3000  # milliseconds


@dataclass(frozen=True, kw_only=True)
class Client:
    """What the server can tell of who sent a form, without naming anybody."""

    client_hash: str = ""
    trap: str = ""
    is_cross_site: bool = False
    has_foreign_origin: bool = False
    # Milliseconds from the page's arrival to the sending, as the page itself told; None when it did not.
    took: int | None = None


@dataclass(frozen=True)
class Verdict:
    """The signs found in one request."""

    signals: list[Signal] = field(default_factory=list)

    @property
    def is_suspect(self) -> bool:
        return sum(signal.weight for signal in self.signals) >= SET_ASIDE_AT

    @property
    def codes(self) -> list[str]:
        return [signal.code for signal in self.signals]


def judge(*, name: str, note: str, client: Client, recent_from_client: int, same_note_elsewhere: int = 0) -> Verdict:
    """Weigh the signs.

    `recent_from_client` counts earlier forms from the same place in this hour, `same_note_elsewhere` the
    requests of the last day from other places that said the same.
    """
    found = {
        TRAP: bool(client.trap),
        CROSS_SITE: client.is_cross_site,
        FOREIGN_ORIGIN: client.has_foreign_origin,
        LINK_IN_NAME: bool(LINK.search(name)),
        LINK_IN_NOTE: bool(LINK.search(note)),
        MANY_FROM_ONE_PLACE: recent_from_client >= MANY,
        REPEATED_NOTE: same_note_elsewhere >= SAME_NOTES,
        TOO_FAST: client.took is not None and client.took < FASTEST,
    }
    return Verdict([signal for signal, is_there in found.items() if is_there])
