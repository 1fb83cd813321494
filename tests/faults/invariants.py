"""What must hold after every fault, read from the database and from what the mail server took."""

from collections import Counter
from dataclasses import asdict, dataclass

from .senders import Outcome, mail_address
from .site import Site

# A mail that was sent, and nobody could know: a worker that died, an answer that never came.
MOST_AFTER_A_CRASH = 3
UNAVAILABLE = 503


@dataclass
class Row:
    """One line of the table that a run ends with."""

    fault: str
    database: str
    acknowledged: int
    stored: int
    lost: int
    doubled: int
    most_mails: int
    status_500: int
    status_503: int
    dropped: int
    seconds: float = 0

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What a fault excuses.

    `mails` to one recipient; `drops`: connections without an answer; `pages`: statuses of pages other than 200;
    `unavailable_until`: the moment of the monotonic clock after which no form may meet a 503 any more.
    """

    mails: int = 1
    drops: bool = False
    unavailable_until: float = 0
    pages: frozenset = frozenset()


class Broken(AssertionError):
    """An invariant does not hold; the words name the fault and the references."""


def verify(
    *,
    fault: str,
    site: Site,
    outcomes: list[Outcome],
    pages: Counter,
    mails: list,
    healthy: tuple[str, ...],
    refused: tuple[str, ...] = (),
    allowed: Allowed,
) -> Row:
    """Return the figures of a fault after which everything holds. Raises Broken."""
    stored = site.database.rows("SELECT reference, phone_hash FROM consults_consultrequest WHERE NOT is_test")
    outbox = site.database.rows(
        "SELECT about, kind, message_id FROM core_outboxmessage WHERE kind IN ('staff', 'confirmation')"
    )
    acknowledged = {outcome.reference: outcome for outcome in outcomes if outcome.is_acknowledged}
    references = {reference for reference, _ in stored}
    lost = acknowledged.keys() - references
    senders = Counter(phone for _, phone in stored)
    doubled = sorted(reference for reference, phone in stored if senders[phone] > 1)
    found = _mails_of(outbox, mails)
    most = max((count for counts in found.values() for count in counts.values()), default=0)
    wrong = [
        ("acknowledged and not stored", lost),
        ("stored twice", doubled),
        ("without all outbox rows", _without_rows(references, acknowledged, outbox, healthy + refused)),
        ("recipients without their mail", _without_mail(acknowledged, found, healthy)),
        (f"more than {allowed.mails} mails to a recipient, or two Message-IDs", _too_many(found, allowed.mails)),
        ("a wrong answer to a form", _bad_answers(outcomes, allowed)),
        ("a wrong answer to a page", _bad_pages(pages, allowed)),
        ("damage in the database", site.database.damage()),
    ]
    if said := [f"{what}: {', '.join(map(str, sorted(which)[:10]))} ({len(which)})" for what, which in wrong if which]:
        raise Broken(f"{fault} on {site.database.kind}: " + "; ".join(said))
    statuses = Counter(outcome.status for outcome in outcomes)
    return Row(
        fault=fault,
        database=site.database.kind,
        acknowledged=len(acknowledged),
        stored=len(stored),
        lost=len(lost),
        doubled=len(doubled),
        most_mails=most,
        status_500=statuses[500] + sum(count for (_, status), count in pages.items() if status == 500),
        status_503=statuses[UNAVAILABLE],
        dropped=statuses[None],
    )


def _mails_of(outbox: list[tuple], mails: list) -> dict[str, Counter]:
    """By reference: how often each recipient got each mail, as counts of (recipient, Message-ID)."""
    about = {message_id: subject.removeprefix("consult:") for subject, _, message_id in outbox}
    found: dict[str, Counter] = {}
    for mail in mails:
        message_id = mail.headers["Message-ID"]
        if message_id in about:
            counts = found.setdefault(about[message_id], Counter())
            counts.update((recipient, message_id) for recipient in mail.recipients)
    return found


def _without_rows(references: set, acknowledged: dict, outbox: list[tuple], staff: tuple[str, ...]) -> list[str]:
    """Requests, acknowledged or not, that lack the row of a recipient or the confirmation that was asked for."""
    rows = Counter((about.removeprefix("consult:"), kind) for about, kind, _ in outbox)
    lacking = [reference for reference in references if rows[reference, "staff"] != len(staff)]
    return lacking + [
        reference
        for reference, outcome in acknowledged.items()
        if outcome.by_email and rows[reference, "confirmation"] != 1
    ]


def _without_mail(acknowledged: dict, found: dict[str, Counter], healthy: tuple[str, ...]) -> list[str]:
    lacking = []
    for reference, outcome in acknowledged.items():
        got = {recipient for recipient, _ in found.get(reference, ())}
        wanted = {*healthy, *([mail_address(outcome.number)] if outcome.by_email else [])}
        lacking += [f"{reference} to {recipient}" for recipient in wanted - got]
    return lacking


def _too_many(found: dict[str, Counter], most: int) -> list[str]:
    return [
        reference
        for reference, counts in found.items()
        if max(counts.values()) > most or len({recipient for recipient, _ in counts}) < len(counts)
    ]


def _bad_answers(outcomes: list[Outcome], allowed: Allowed) -> list[str]:
    """Anything but an acknowledgement, an excused 503 that gives back what was typed, or an excused silence."""
    return [
        f"{outcome.status} for sender {outcome.number} after {outcome.seconds:.1f} s"
        for outcome in outcomes
        if not (
            (outcome.is_acknowledged and outcome.reference)
            or (outcome.status == UNAVAILABLE and outcome.gives_back and outcome.sent_at < allowed.unavailable_until)
            or (outcome.status is None and allowed.drops)
        )
    ]


def _bad_pages(pages: Counter, allowed: Allowed) -> list[str]:
    return [f"{status} for {path}" for path, status in pages if status != 200 and status not in allowed.pages]
