"""Where each source is cited."""

from .all_texts import Place, all_texts, place_of
from .citations import cited_keys


def cited_everywhere() -> set[str]:
    """Return the keys that any text cites, published or not."""
    return {key for _, text in all_texts() for key in cited_keys(text)}


def places_citing(key: str) -> list[Place]:
    """Return everything that cites `key`, published or not, each once."""
    return places_by_key().get(key, [])


def places_by_key() -> dict[str, list[Place]]:
    """Return everything that cites, each once, for every key that is cited."""
    owners: dict[str, set] = {}
    for owner, text in all_texts():
        for key in cited_keys(text):
            owners.setdefault(key, set()).add(owner)
    return {key: sorted(map(place_of, found)) for key, found in owners.items()}
