"""Hostile and broken texts, for the tests of what editors write. RUN is code that tells on itself, LEAK an
address outside, each with the vector's own number."""

from dataclasses import dataclass

from . import foreign, handlers, links, loads, mutation, odd, ours, styles

FAMILIES = {
    "link": links.VECTORS,
    "handler": handlers.VECTORS,
    "foreign": foreign.VECTORS,
    "mutation": mutation.VECTORS,
    "style": styles.VECTORS,
    "load": loads.VECTORS,
    "odd": odd.VECTORS,
    "ours": ours.VECTORS,
}


@dataclass(frozen=True)
class Vector:
    """One text. `pwned(number)` is called if it runs, leak.example/number is asked if it loads."""

    number: int
    name: str
    html: str

    @property
    def block(self) -> str:
        """The text after a paragraph that names it, as an editor would save it."""
        return f"<p>Vector {self.number}.</p>{self.html}"

    @property
    def line(self) -> str:
        """The text on one line, for plain fields."""
        return " ".join(self.html.replace("\0", "").split())


def _all() -> list[Vector]:
    named = [(f"{family}: {name}", html) for family, vectors in FAMILIES.items() for name, html in vectors.items()]
    return [
        Vector(number, name, html.replace("RUN", f"top.pwned({number})").replace("LEAK", f"//leak.example/{number}"))
        for number, (name, html) in enumerate(named, 1)
    ]


VECTORS = _all()
