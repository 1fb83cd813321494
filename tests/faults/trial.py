"""One trial: a fresh site, people who send forms while something breaks, and what must hold after it."""

import time
from collections import Counter
from collections.abc import Callable

from .databases import in_time
from .invariants import Allowed, Broken, Row, verify
from .mail_servers import GOOD, MailServer
from .senders import Crowd
from .site import Site

DESK = "desk@clinic.example"


class Trial:
    """`count` forms against `site` in one or more crowds. `settle` ends it."""

    def __init__(self, *, site: Site, mail: MailServer, count: int, record: Callable[[Row], None]) -> None:
        self.site, self.mail, self.count, self.record = site, mail, count, record
        self.crowds: list[Crowd] = []
        self.started = time.monotonic()

    def crowd(self, *, seconds: float, **manners) -> Crowd:
        """All forms of this trial, sent over `seconds` or as fast as they are answered."""
        first = sum(crowd.count for crowd in self.crowds)
        self.crowds.append(Crowd(self.site.port, count=self.count, seconds=seconds, first=first, **manners))
        return self.crowds[-1]

    def unsent(self) -> int:
        """How many mails about requests are on their way; one that was given up, loudly, is not."""
        ((count,),) = self.site.database.rows(
            "SELECT count(*) FROM core_outboxmessage"
            " WHERE kind IN ('staff', 'confirmation') AND state NOT IN ('sent', 'failed')"
        )
        return count

    def waited_for_mails(self, *, left: int = 0, hurry: bool = True) -> bool:
        """Whether every mail but `left` is out in time; with `hurry`, pauses after failures are cut short."""

        def is_out() -> bool:
            if hurry:
                self.site.send_now()
            return self.unsent() <= left

        return in_time(is_out, seconds=60 + self.count / 5)

    def settle(self, fault: str, *, refused: tuple[str, ...] = (), hurry: bool = True, **excused) -> None:
        """Wait until every mail that can go out is out, check what must hold, and keep the figures.

        `excused` are the fields of Allowed. Raises Broken.
        """
        self.mail.behave(GOOD)
        left = self.stored() * len(refused)
        out = self.waited_for_mails(left=left, hurry=hurry)
        try:
            row = verify(
                fault=fault,
                site=self.site,
                outcomes=[outcome for crowd in self.crowds for outcome in crowd.outcomes],
                pages=sum((crowd.pages for crowd in self.crowds), Counter()),
                mails=self.mail.mails,
                healthy=(DESK,),
                refused=refused,
                allowed=Allowed(**excused),
            )
        except Broken as broken:
            broken.add_note(f"What the site printed: {self.site.log.name}\n{self.site.errors()}")
            raise
        assert out, f"{fault}: {self.unsent()} mails are still not out\n{self.site.last_words()}"
        assert row.acknowledged, f"{fault}: nothing was acknowledged at all"
        row.seconds = round(time.monotonic() - self.started, 1)
        self.record(row)

    def stored(self) -> int:
        ((count,),) = self.site.database.rows("SELECT count(*) FROM consults_consultrequest WHERE NOT is_test")
        return count
