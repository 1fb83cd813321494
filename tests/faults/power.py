"""Power cuts out of a system-call trace: what a disk may hold when the current fails at any moment.

What was synced is there. What was written and not synced yet is there, or not, or in part: a disk writes
sectors of 512 bytes in any order it likes.
"""

import random
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
TRACED = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,sendto"
# -xx: every string in hexadecimal; -y: the file behind each descriptor.
STRACE = ("strace", "-f", "--seccomp-bpf", "-y", "-xx", "-s", "70000", "-e", f"trace={TRACED}", "-e", "signal=none")
CALL = re.compile(rb"^\d+ +(\w+)\((.*)$")
RESUMED = re.compile(rb"^(\d+) +<\.\.\. (\w+) resumed>")
FILE = re.compile(rb"^\d+<([\\x0-9a-f]+)>")
TEXT = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
THANKS = re.compile(rb"HTTP/1\.1 303 .*?/consult/thanks/(\w+)/", re.DOTALL)


@dataclass(frozen=True)
class Event:
    """`what` is write, truncate, unlink, sync-begin, sync-end or acknowledged; `name` a file or a reference."""

    what: str
    name: str
    offset: int = 0
    data: bytes = b""


def read_trace(trace: Path, *, folder: Path) -> Iterator[Event]:
    """Return what happened to the files of `folder`, and when a 303 went out, in the order of the trace."""
    syncing: dict[bytes, str] = {}
    with trace.open("rb") as lines:
        for line in lines:
            if resumed := RESUMED.match(line):
                if name := syncing.pop(resumed[1], None):
                    yield Event("sync-end", name)
            elif call := CALL.match(line):
                is_unfinished = line.rstrip().endswith(b"<unfinished ...>")
                for event in _events(call[1], call[2], folder):
                    yield event
                    if event.what == "sync-begin":
                        if is_unfinished:
                            syncing[line.split(maxsplit=1)[0]] = event.name
                        else:
                            yield Event("sync-end", event.name)


def _events(call: bytes, rest: bytes, folder: Path) -> Iterable[Event]:
    data = b"".join(map(_decoded, TEXT.findall(rest)))
    if call in (b"sendto", b"write") and (thanks := THANKS.search(data)):
        return [Event("acknowledged", thanks[1].decode())]
    if call == b"unlink":
        path = Path(data.decode())
        return [Event("unlink", path.name)] if path.parent == folder else []
    file = FILE.match(rest)
    path = Path(_decoded(file[1]).decode(errors="replace")) if file else None
    if path is None or path.parent != folder or path.name.endswith("-shm"):
        return []
    if call in (b"fsync", b"fdatasync"):
        return [Event("sync-begin", path.name)]
    if call == b"ftruncate":
        return [Event("truncate", path.name, offset=_numbers(rest)[-1])]
    if call == b"pwrite64":
        return [Event("write", path.name, offset=_numbers(rest)[-1], data=data)]
    raise AssertionError(f"a write whose place is not known: {call.decode()} to {path.name}")


def _decoded(hexadecimal: bytes) -> bytes:
    return bytes.fromhex(hexadecimal.replace(b"\\x", b"").decode())


def _numbers(rest: bytes) -> list[int]:
    """The numbers among a call's arguments, without its answer."""
    arguments = rest.split(b"<unfinished", 1)[0].rsplit(b")", 1)[0]
    return [int(text) for text in re.findall(rb", (\d+)(?=[,\s]|$)", arguments)]


@dataclass
class Disk:
    """What is safe on the disk, and what has only been written."""

    safe: dict[str, bytearray]
    pending: dict[str, list[Event]] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    is_honest: bool = True  # a disk that lies has synced nothing

    def take(self, event: Event) -> None:
        waiting = self.pending.setdefault(event.name, [])
        if event.what == "sync-begin":
            self.begun[event.name] = len(waiting)
        elif event.what == "sync-end":
            count = self.begun.pop(event.name, 0) if self.is_honest else 0
            for done in waiting[:count]:
                _apply(self.safe, done)
            del waiting[:count]
        elif event.what != "acknowledged":
            waiting.append(event)

    def after_power_cut(self, chance: random.Random) -> dict[str, bytearray]:
        """Return files as they may be found: `chance` decides of each unsynced write, and of each of its sectors."""
        found = {name: bytearray(content) for name, content in self.safe.items()}
        for waiting in self.pending.values():
            for event in waiting:
                fate = chance.choice(("kept", "dropped", "torn"))
                if event.what == "write" and fate == "torn":
                    for start in range(0, len(event.data), SECTOR):
                        if chance.random() < 0.5:
                            sector = event.data[start : start + SECTOR]
                            _apply(found, Event("write", event.name, event.offset + start, sector))
                elif fate == "kept":
                    _apply(found, event)
        return found


def _apply(files: dict[str, bytearray], event: Event) -> None:
    if event.what == "unlink":
        files.pop(event.name, None)
        return
    content = files.setdefault(event.name, bytearray())
    if event.what == "truncate":
        del content[event.offset :]
        content.extend(bytes(event.offset - len(content)))
        return
    content.extend(bytes(max(0, event.offset - len(content))))
    content[event.offset : event.offset + len(event.data)] = event.data


def replay(
    events: list[Event], *, before: dict[str, bytes], states: int, seed: int, is_honest: bool = True
) -> list[str]:
    """Cut the power at `states` moments and open what is left; return what is wrong, one line for each state."""
    moments = sorted(random.Random(seed).choices(range(1, len(events) + 1), k=states))
    disk = Disk({name: bytearray(content) for name, content in before.items()}, is_honest=is_honest)
    wrong, taken, acknowledged = [], 0, set()
    # In memory: what is judged is the content, not this machine's disk.
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    for number, moment in enumerate(moments):
        for event in events[taken:moment]:
            disk.take(event)
            if event.what == "acknowledged":
                acknowledged.add(event.name)
        taken = moment
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            for name, content in disk.after_power_cut(random.Random(f"{seed} {number}")).items():
                (Path(folder) / name).write_bytes(content)
            if fault := _fault(Path(folder) / "clinic.sqlite3", acknowledged):
                wrong.append(f"state {number} after event {moment}: {fault}")
    return wrong


def _fault(file: Path, acknowledged: set[str]) -> str:
    """What is wrong with the database in `file`; '' when it is whole and holds every acknowledged request."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            ((health,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
            stored = {name for (name,) in connection.execute("SELECT reference FROM consults_consultrequest")}
            mails = {name for (name,) in connection.execute("SELECT about FROM core_outboxmessage")}
    except sqlite3.DatabaseError as error:
        return f"cannot be read: {error}"
    if health != "ok":
        return f"damaged: {health}"
    if lost := acknowledged - stored:
        return f"lost: {', '.join(sorted(lost)[:5])} ({len(lost)})"
    if silent := {reference for reference in stored if f"consult:{reference}" not in mails}:
        return f"without outbox rows: {', '.join(sorted(silent)[:5])} ({len(silent)})"
    return ""
