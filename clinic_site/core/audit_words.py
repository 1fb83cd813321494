"""What the codes of the audit trail mean in plain words. Each app adds those of its own."""

ACTIONS: dict[str, str] = {}
SUBJECTS: dict[str, str] = {}


def name_actions(**words: str) -> None:
    """Add words for actions; a hyphen in the code is an underscore here."""
    ACTIONS.update({code.replace("_", "-"): text for code, text in words.items()})


def name_subjects(**words: str) -> None:
    """Add words for the kinds of things that entries are about."""
    SUBJECTS.update(words)


def action_words(code: str) -> str:
    """Return what was done, in plain words; the code's own words while nobody has named it."""
    return ACTIONS.get(code) or code.replace("-", " ").capitalize()


def subject_words(subject: str) -> str:
    """Return what an entry is about, such as "Request 7K3M-9PXW" for "consult:7K3M9PXW"."""
    kind, _, key = subject.partition(":")
    word = SUBJECTS.get(kind, kind.capitalize())
    if not key:
        return word
    is_reference = len(key) == 8 and key.isalnum() and not key.isdigit()
    return f"{word} {key[:4]}-{key[4:]}" if is_reference else f"{word} {key}"


def actions_named(term: str) -> list[str]:
    """Return the codes whose words hold `term`, however it is written."""
    wanted = term.casefold()
    return [code for code, words in ACTIONS.items() if wanted in words.casefold() or wanted == code]
