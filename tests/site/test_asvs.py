"""SECURITY.md answers every requirement of OWASP ASVS 5.0.0, levels 1 and 2, and names tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

from django.conf import settings

from clinic_site.core import images
from clinic_site.core.admin_forms import MAX_MEGABYTES
from clinic_site.signin import passwords, tries, views
from consults.forms import NOTE_MAX_LENGTH

ROOT = Path(settings.BASE_DIR)
# How many requirements of level 1 and of level 2 each section has; within a section they are numbered in this order.
# OWASP Application Security Verification Standard 5.0.0, OWASP Foundation, CC BY-SA 4.0.
SECTIONS = {
    "V1.1": (0, 2), "V1.2": (5, 4), "V1.3": (2, 9), "V1.4": (0, 3), "V1.5": (1, 1),
    "V2.1": (1, 2), "V2.2": (2, 1), "V2.3": (1, 3), "V2.4": (0, 1),
    "V3.2": (2, 0), "V3.3": (1, 3), "V3.4": (2, 4), "V3.5": (3, 2), "V3.7": (0, 2),
    "V4.1": (1, 2), "V4.2": (0, 1), "V4.3": (0, 2), "V4.4": (1, 3),
    "V5.1": (0, 1), "V5.2": (2, 1), "V5.3": (2, 0), "V5.4": (0, 3),
    "V6.1": (1, 2), "V6.2": (8, 4), "V6.3": (2, 2), "V6.4": (2, 2), "V6.5": (0, 5), "V6.6": (0, 3), "V6.8": (0, 4),
    "V7.1": (0, 3), "V7.2": (4, 0), "V7.3": (0, 2), "V7.4": (2, 3), "V7.5": (0, 2), "V7.6": (0, 2),
    "V8.1": (1, 1), "V8.2": (2, 1), "V8.3": (1, 0), "V8.4": (0, 1),
    "V9.1": (3, 0), "V9.2": (1, 3),
    "V10.1": (0, 2), "V10.2": (0, 2), "V10.3": (0, 4), "V10.4": (5, 6), "V10.5": (0, 5), "V10.6": (0, 2),
    "V10.7": (0, 3),
    "V11.1": (0, 2), "V11.2": (0, 3), "V11.3": (2, 1), "V11.4": (1, 3), "V11.5": (0, 1), "V11.6": (0, 1),
    "V12.1": (1, 2), "V12.2": (2, 0), "V12.3": (0, 4),
    "V13.1": (0, 1), "V13.2": (0, 5), "V13.3": (0, 2), "V13.4": (1, 4),
    "V14.1": (0, 2), "V14.2": (1, 3), "V14.3": (1, 2),
    "V15.1": (1, 2), "V15.2": (1, 2), "V15.3": (1, 6),
    "V16.1": (0, 1), "V16.2": (0, 5), "V16.3": (0, 4), "V16.4": (0, 3), "V16.5": (0, 3),
    "V17.1": (0, 1), "V17.2": (0, 4), "V17.3": (0, 2),
}  # fmt: skip
REQUIRED = {
    f"{section}.{number}": 1 if number <= first else 2
    for section, (first, second) in SECTIONS.items()
    for number in range(1, first + second + 1)
}
STATES = {"met", "not applicable", "clinic", "open"}
ROW = re.compile(r"^\| (V[\d.]+(?: V[\d.]+)*) \| ([12]) \| ([a-z ]+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
PART = re.compile(r"“([^”]+)”")


@cache
def read(path: str) -> str:
    return (ROOT / path).read_text()


@cache
def rows() -> list[tuple[list[str], int, str, str, str]]:
    found = ROW.findall(read("SECURITY.md"))
    return [(numbers.split(), int(level), state, words, proof) for numbers, level, state, words, proof in found]


def test_there_are_253_of_them():
    assert len(REQUIRED) == 253
    assert sum(level == 1 for level in REQUIRED.values()) == 70


def test_every_requirement_is_answered_once_with_its_level():
    assert len(rows()) == len(re.findall(r"^\| V\d", read("SECURITY.md"), re.MULTILINE)), "a row that cannot be read"
    answered = [(number, level) for numbers, level, *_ in rows() for number in numbers]
    assert sorted(answered) == sorted(REQUIRED.items())


def test_every_answer_has_a_state_words_and_a_proof():
    for numbers, _, state, words, proof in rows():
        assert state in STATES, numbers
        assert words.strip(), numbers
        assert proof.strip(), numbers


def test_every_named_test_is_there():
    for numbers, *_, proof in rows():
        assert proof.count("tests/") == len(TEST.findall(proof)), f"{numbers}: a test that cannot be read"
        for path, name in TEST.findall(proof):
            assert (ROOT / path).is_file(), f"{numbers}: {path}"
            assert not name or name in functions(path), f"{numbers}: {path}::{name}"


@cache
def functions(path: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(read(path))) if isinstance(node, ast.FunctionDef)}


def test_every_named_part_of_a_document_is_there_and_what_the_clinic_must_do_stands_in_operations():
    documents = ("SECURITY.md", "OPERATIONS.md")
    security, operations = (set(re.findall(r"^##+ (.+)$", read(path), re.MULTILINE)) for path in documents)
    for numbers, _, state, _, proof in rows():
        named = set(PART.findall(proof))
        assert named <= security | operations, numbers
        assert state != "clinic" or named & operations, numbers


def test_the_rules_say_what_the_settings_say():
    rules = re.sub(r"\s+", " ", read("SECURITY.md").partition("## OWASP")[0])
    for said in (
        f"{settings.BODY_LIMIT // 1024} kB from the public",
        f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1_000_000:g} MB from staff",
        f"{settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields, {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files",
        f"over after {settings.SESSION_COOKIE_AGE // 3600} hours",
        f"{tries.MOST} tries, then {tries.PAUSE.seconds // 60} minutes",
        f"{views.RESETS_FROM_ONE_PLACE} from one place in 15 minutes, {views.RESETS_FOR_ONE_ADDRESS} an hour",
        f"up to {MAX_MEGABYTES} MB, {images.MAX_MEGAPIXELS} megapixels, {images.MAX_SIDE:,} pixels a side",
        f"up to {NOTE_MAX_LENGTH} characters, only where",
        f"waits {settings.DATABASE_TIMEOUT} s for a lock",
        ", ".join(passwords.OUR_WORDS),
    ):
        assert said in rules, said


# What a few rows say of all the code ----------------------------------------------------------

APPS = ("clinic_site", "locations", "articles", "consults")
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "ldap", "ldap3", "lxml", "xml", "jinja2"}


def test_no_code_runs_unpickles_or_parses_what_it_is_given():
    found = []
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in RUNS_TEXT:
                    found.append((path.name, name))
                case ast.Call(keywords=words) if any(word.arg == "shell" for word in words):
                    found.append((path.name, "shell"))
                case ast.Import(names=names) if {name.name.split(".")[0] for name in names} & UNSAFE_MODULES:
                    found.append((path.name, names[0].name))
                case ast.ImportFrom(module=str(module)) if module.split(".")[0] in UNSAFE_MODULES:
                    found.append((path.name, module))
                case ast.Attribute(value=ast.Name(id="os"), attr="system" | "popen"):
                    found.append((path.name, "os"))
    assert found == []


def test_no_script_of_ours_writes_markup_keeps_anything_or_listens_to_other_windows():
    never = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|sessionStorage|"
    never += r"indexedDB|document\.cookie|postMessage|[\"']message[\"']|__proto__|location\s*="
    for path in (ROOT / "static" / "js").glob("*.js"):
        assert not re.findall(never, path.read_text()), path.name
