"""Bringing the site back from a backup."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection

from clinic_site.core import append_only
from clinic_site.core.models import AuditEntry, OutboxMessage
from consults.models import ConsultRequest

from . import copies, erased, folder, media
from .archive import members
from .making import database, full_disks_named
from .reading import require_counts, require_readable
from .troubles import FieldKeysDoNotFit, InTheWay
from .verifying import database_parts, read_manifest

Say = Callable[[str], object]


def restore(path: Path, *, replaces: bool, without_keys: bool, now: datetime, say: Say) -> None:
    """Put the pictures and the database of a backup in place, and make the site whole again.

    The backup is read to its end before anything is touched. `replaces` allows to put it over a
    database that holds requests; `without_keys` to go on although FIELD_KEYS does not fit. Raises a
    BackupTrouble; unless it says otherwise, nothing was changed.
    """
    with folder.only_one(), full_disks_named():
        _refuse_to_replace(replaces)
        database().require_unused()
        try:
            manifest = read_manifest(path)
        except FieldKeysDoNotFit:
            if not without_keys:
                raise
            say("FIELD_KEYS does not fit: the personal fields will be unreadable.")
            manifest = None
        say(f"{path.name} is whole.")
        _put_media_back(path, say)
        with database_parts(path) as parts:
            say(database().put_back(parts, now=now))
    say(f"The database is as it was at {manifest['made_at'] if manifest else folder.made_at(path.name)}.")
    if manifest:
        _require_counts(manifest)
    _make_whole(path, now=now, say=say)
    if not without_keys:
        say(f"FIELD_KEYS fits: {_open_values()} personal values were opened.")


def _refuse_to_replace(replaces: bool) -> None:
    if not database().is_there() or replaces:
        return
    try:
        if "consults_consultrequest" not in connection.introspection.table_names():
            return
        held = ConsultRequest.objects.count()
    except DatabaseError:
        raise InTheWay(
            "There is a database here that cannot be read. Say --replace to put the backup in its place "
            "(SQLite: the old files are kept aside)."
        ) from None
    finally:
        connection.close()
    if held:
        raise InTheWay(
            f"The database here holds {held} requests. Say --replace to put the backup in its place: "
            "whatever came in since it was made is then gone."
        )


def _put_media_back(path: Path, say: Say) -> None:
    count = 0
    with members(path) as inside:
        for name, file in inside:
            if name.startswith(media.FOLDER):
                media.put_back(name, file)
                count += 1
    say(f"Pictures: {count} files are in place.")


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _tables() -> list[str]:
    return [name for (name,) in _rows(database().TABLES)]


def _require_counts(manifest: dict) -> None:
    require_counts(_rows, _tables(), manifest["counts"])


def _open_values() -> int:
    return require_readable(_rows, _tables())


def _make_whole(path: Path, *, now: datetime, say: Say) -> None:
    """Bring an older database up to this release, and forget what must not come back."""
    call_command("migrate", verbosity=0, interactive=False)
    append_only.install(connection)
    call_command("set_up_roles", verbosity=0)
    try:
        copies.send_erased()
    except Exception as error:  # each storage has errors of its own
        say(f"The list of erased requests at BACKUP_COPY_URL could not be read: {type(error).__name__}.")
    again = erased.erase_again(now=now)
    if again:
        say(f"Erased again, as they were since the backup: {again} requests.")
    # Who was signed in then may have left since.
    Session.objects.all().delete()
    call_command("reindex_search", if_incomplete=True, verbosity=0)
    waiting = OutboxMessage.objects.unsent().filter(state__in=["queued", "sending"]).count()
    if waiting:
        say(f"{waiting} mails wait as they did then: some may have left already, and go out twice.")
    AuditEntry.record(
        action="site-restored",
        subject=f"backup:{path.name[len(folder.PREFIX) : -len(folder.SUFFIX)]}",
        now=now,
        requests=ConsultRequest.objects.count(),
        erased_again=again,
    )
