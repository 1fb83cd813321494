"""The blocks of an article, read in as few queries as there can be.

Each kind of block is a table of its own. The editor's library asks each of them; a page asks all of
them at once, since what a query costs is mostly to ask it. The statement is put together once for
all pages: for the ORM to do it anew each time takes as long as to render half the article.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import connection, models

from clinic_site.core.models import Picture

if TYPE_CHECKING:
    from .models import Article

# What every kind of block has; the rest are texts of its own, and perhaps a picture.
COMMON = {"id", "parent", "region", "ordering", "picture"}
MOST_TEXTS = 3
MAIN = "main"


def read_blocks(article: "Article", kinds: tuple[type[models.Model], ...]) -> list[models.Model]:
    """Return the blocks of `article` in page order, figures with their pictures: one query, or two."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(kinds), [article.pk, MAIN] * len(kinds))
        found = sorted(cursor.fetchall(), key=lambda row: row[:3])
    pictures = Picture.with_renditions({picture for _, _, _, picture, *_ in found if picture})
    return [
        _block(article, kinds[number], pk, ordering, pictures.get(picture), texts)
        for ordering, number, pk, picture, *texts in found
    ]


@lru_cache(maxsize=1)
def _statement(kinds: tuple[type[models.Model], ...]) -> str:
    parts = []
    for number, kind in enumerate(kinds):
        texts = [*(f'"{name}"' for name in _texts(kind)), *["''"] * MOST_TEXTS][:MOST_TEXTS]
        picture = "picture_id" if hasattr(kind, "picture") else "CAST(NULL AS bigint)"
        parts.append(
            f"SELECT ordering, {number}, id, {picture}, {', '.join(texts)}"  # nosec B608  # names of our models
            f" FROM {kind._meta.db_table} WHERE parent_id = %s AND region = %s"
        )
    return " UNION ALL ".join(parts)


def _texts(kind: type[models.Model]) -> list[str]:
    return [field.name for field in kind._meta.concrete_fields if field.name not in COMMON]


def _block(article, kind, pk: int, ordering: int, picture: Picture | None, texts: list[str]) -> models.Model:
    block = kind(pk=pk, parent=article, region=MAIN, ordering=ordering, **({"picture": picture} if picture else {}))
    block._state.adding, block._state.db = False, connection.alias
    for name, text in zip(_texts(kind), texts, strict=False):
        # As the field reads its column: HTML is cleaned in every read.
        read = getattr(kind._meta.get_field(name), "from_db_value", None)
        setattr(block, name, read(text, None, connection) if read else text)
    return block
