"""The initial content, loaded once into each database.

Every entry is offered to a database a single time and remembered in LoadedContent. From then on
the row belongs to the staff: loading again never overwrites what they changed and never brings
back what they deleted. A row they made before under the same name is left alone as well.
"""

import hashlib
from datetime import datetime
from pathlib import Path

from django.db import transaction

from clinic_site.core.models import LoadedContent

from . import search
from .content_files import Entry, read_content
from .content_rows import KINDS

FOLDER = Path(__file__).resolve().parent / "content"
LONGEST_KEY = LoadedContent._meta.get_field("key").max_length


def load_content(*, now: datetime, folder: Path = FOLDER) -> list[Entry]:
    """Create what this database was never offered, in one transaction, and return it.

    Raises ContentError, and writes nothing, when any entry is not good.
    """
    entries = read_content(folder)
    created = []
    with transaction.atomic():
        loaded = set(LoadedContent.objects.values_list("kind", "key"))
        for entry in entries:
            key = _key(entry)
            if (entry.kind, key) in loaded:
                continue
            kind = KINDS[entry.kind]
            if not kind.rows(entry).exists():
                kind.create(entry, now)
                created.append(entry)
            LoadedContent.objects.create(kind=entry.kind, key=key, loaded_at=now)
        if created:
            search.reindex()
    return created


def _key(entry: Entry) -> str:
    """Under which name an entry is remembered: its own, unless that is a long address."""
    return entry.name if len(entry.name) <= LONGEST_KEY else hashlib.sha256(entry.name.encode()).hexdigest()
