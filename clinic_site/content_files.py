"""Reading the initial content: YAML files whose every key and type is checked before a row is written."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml


class ContentError(Exception):
    """Something in a content file is wrong. The message names the file and says what."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What an entry of one kind may hold: the type of each key, and which keys may be missing."""

    types: dict[str, type]
    optional: frozenset[str] = field(default_factory=frozenset)
    name: str = "slug"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of content. `name` is unique within its kind, `where` is the file it stands in."""

    kind: str
    name: str
    data: dict
    where: str


# In the order in which they are loaded: articles need topics and references.
SHAPES = {
    "identity": Shape(types={"name": str, "tagline": str, "phone": str}, name="name"),
    "locations": Shape(
        types={
            "slug": str,
            "name": str,
            "street": str,
            "city": str,
            "state": str,
            "postal_code": str,
            "phone": str,
            "summary": str,
            "position": int,
        },
    ),
    "topics": Shape(types={"slug": str, "name": str, "summary": str, "position": int}),
    "references": Shape(
        types={
            "key": str,
            "authors": str,
            "title": str,
            "journal": str,
            "year": int,
            "volume": str,
            "pages": str,
            "doi": str,
            "link": str,
            "checked": bool,
        },
        optional=frozenset({"year"}),
        name="key",
    ),
    "articles": Shape(
        types={
            "slug": str,
            "title": str,
            "topic": str,
            "summary": str,
            "standfirst": str,
            "is_medical": bool,
            "is_featured": bool,
            "published_on": date,
            "key_facts": list,
            "blocks": list,
        },
    ),
    "questions": Shape(types={"slug": str, "group": str, "question": str, "answer": str, "position": int}),
    "pages": Shape(types={"slug": str, "title": str, "summary": str, "body": str}),
    "texts": Shape(types={"key": str, "heading": str, "body": str}, optional=frozenset({"heading"}), name="key"),
    "consent": Shape(types={"purpose": str, "body": str}, name="purpose"),
    "forbidden_words": Shape(types={"words": str, "instead": str, "level": str, "note": str}, name="words"),
}
BLOCK_SHAPES = {
    "callout": Shape(types={"kind": str, "heading": str, "body": str}),
    "evidence": Shape(types={"caption": str, "columns": list, "rows": list, "note": str}, optional=frozenset({"note"})),
}


class UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice, where plain YAML would silently take the second."""

    def construct_mapping(self, node, deep=False):
        keys = Counter(key.value for key, _ in node.value)
        twice = [key for key, times in keys.items() if times > 1]
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"“{twice[0]}” stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_content(folder: Path) -> list[Entry]:
    """Return every entry under `folder`, in the order in which they are to be loaded.

    Raises ContentError for a missing or broken file, an unknown, missing or mistyped key, and for
    a name that stands twice.
    """
    entries = [entry for kind in SHAPES for entry in _read_kind(kind, folder)]
    names = Counter((entry.kind, entry.name) for entry in entries)
    for entry in entries:
        if names[entry.kind, entry.name] > 1:
            raise ContentError(f"{entry.where}: “{entry.name}” stands more than once")
    return entries


def _read_kind(kind: str, folder: Path) -> list[Entry]:
    one_file = folder / f"{kind}.yaml"
    paths = sorted((folder / kind).glob("*.yaml")) or [one_file]
    found = []
    for path in paths:
        content = _parse(path)
        for data in content if isinstance(content, list) else [content]:
            found.append(_entry(kind, data, where=str(path.relative_to(folder))))
    return found


def _parse(path: Path):
    try:
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, Loader=UniqueKeyLoader)  # nosec B506  # it is a SafeLoader
    except FileNotFoundError:
        raise ContentError(f"{path.name} is missing")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentError(f"{path.name} is not good YAML: {error}") from error


def _entry(kind: str, data, *, where: str) -> Entry:
    shape = SHAPES[kind]
    name = data.get(shape.name) if isinstance(data, dict) else None
    check_shape(data, shape, where=f"{where}: {name}" if isinstance(name, str) else where)
    for number, block in enumerate(data.get("blocks", []), 1):
        _check_block(block, where=f"{where}: block {number}")
    return Entry(kind=kind, name=name, data=data, where=where)


def check_shape(data, shape: Shape, *, where: str) -> None:
    """Raise ContentError when `data` is not what `shape` says."""
    if not isinstance(data, dict):
        raise ContentError(f"{where}: this must be keys with values, not {data!r}")
    if unknown := [key for key in data if key not in shape.types]:
        raise ContentError(f"{where}: unknown key “{unknown[0]}”; known are {', '.join(shape.types)}")
    if lacking := [key for key in shape.types if key not in data and key not in shape.optional]:
        raise ContentError(f"{where}: “{lacking[0]}” is missing")
    for key, value in data.items():
        wanted = shape.types[key]
        if value is None and key in shape.optional:
            continue
        # bool is an int and datetime a date to Python, not to people
        if type(value) is not wanted:
            raise ContentError(f"{where}: “{key}” must be {wanted.__name__}, not {value!r}")


def _check_block(block, *, where: str) -> None:
    if not (isinstance(block, dict) and len(block) == 1):
        raise ContentError(f"{where}: each block is one of prose, callout, evidence")
    ((kind, body),) = block.items()
    if kind == "prose":
        if not isinstance(body, str):
            raise ContentError(f"{where}: prose must be text")
    elif kind in BLOCK_SHAPES:
        check_shape(body, BLOCK_SHAPES[kind], where=f"{where} ({kind})")
    else:
        raise ContentError(f"{where}: unknown kind of block “{kind}”; known are prose, callout, evidence")
