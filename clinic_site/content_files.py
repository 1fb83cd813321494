"""Reading the initial content: YAML files whose every key and type is checked before a row is written."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from .content_shapes import BLOCK_SHAPES, PART_SHAPES, SHAPES, Shape


class ContentError(Exception):
    """Something in a content file is wrong. The message names the file and says what."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of content. `name` is unique within its kind, `where` is the file it stands in."""

    kind: str
    name: str
    data: dict
    where: str
    folder: Path


KNOWN_BLOCKS = "prose, callout, evidence, figure"


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
    one_file, table = folder / f"{kind}.yaml", folder / f"{kind}.csv"
    paths = sorted((folder / kind).glob("*.yaml")) or [table if table.exists() else one_file]
    if not SHAPES[kind].is_needed and not paths[0].exists():
        return []
    found = []
    for path in paths:
        content = _parse(path)
        for data in content if isinstance(content, list) else [content]:
            found.append(_entry(kind, data, where=str(path.relative_to(folder)), folder=folder))
    return found


def _parse(path: Path):
    try:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file))
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, Loader=UniqueKeyLoader)  # noqa: S506 (it is a SafeLoader)
    except FileNotFoundError:
        raise ContentError(f"{path.name} is missing")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContentError(f"{path.name} is not good YAML: {error}") from error


def _entry(kind: str, data, *, where: str, folder: Path) -> Entry:
    shape = SHAPES[kind]
    name = data.get(shape.name) if isinstance(data, dict) else None
    check_shape(data, shape, where=f"{where}: {name}" if isinstance(name, str) else where)
    for number, block in enumerate(data.get("blocks", []), 1):
        _check_block(block, where=f"{where}: block {number}")
    for part in PART_SHAPES.keys() & data.keys():
        for number, item in enumerate(data[part], 1):
            check_shape(item, PART_SHAPES[part], where=f"{where}: {part} {number}")
    return Entry(kind=kind, name=name, data=data, where=where, folder=folder)


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
        raise ContentError(f"{where}: each block is one of {KNOWN_BLOCKS}")
    ((kind, body),) = block.items()
    if kind == "prose":
        if not isinstance(body, str):
            raise ContentError(f"{where}: prose must be text")
    elif kind in BLOCK_SHAPES:
        check_shape(body, BLOCK_SHAPES[kind], where=f"{where} ({kind})")
    else:
        raise ContentError(f"{where}: unknown kind of block “{kind}”; known are {KNOWN_BLOCKS}")
