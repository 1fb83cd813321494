"""What an entry of content may hold: kind by kind, each key with its type."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What an entry of one kind may hold: the type of each key, and which keys may be missing."""

    types: dict[str, type]
    optional: frozenset[str] = field(default_factory=frozenset)
    name: str = "slug"
    # Whether the initial content must have entries of this kind; others come only with an export.
    is_needed: bool = True


# In the order in which they are loaded: articles need topics and references.
SHAPES = {
    "identity": Shape(
        types={
            "name": str,
            "tagline": str,
            "phone": str,
            "ask_for_note": bool,
            "answer_within_hours": int,
            "remind_at_night": bool,
        },
        optional=frozenset({"ask_for_note", "answer_within_hours", "remind_at_night"}),
        name="name",
    ),
    "pictures": Shape(
        types={
            "file": str,
            "title": str,
            "alt": str,
            "is_decorative": bool,
            "focal_x": int,
            "focal_y": int,
            "width": int,
            "height": int,
        },
        name="file",
        is_needed=False,
    ),
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
            "parking": str,
            "access": str,
            "directions": str,
            "what_to_bring": str,
            "is_active": bool,
            "modified_at": datetime,
            "hours": list,
            "photos": list,
        },
        optional=frozenset(
            {"parking", "access", "directions", "what_to_bring", "is_active", "modified_at", "hours", "photos"}
        ),
    ),
    "closures": Shape(
        types={"key": str, "location": str, "starts_on": date, "ends_on": date, "reason": str},
        optional=frozenset({"location"}),
        name="key",
        is_needed=False,
    ),
    "clinicians": Shape(
        types={
            "name": str,
            "credential": str,
            "license": str,
            "bio": str,
            "photo": str,
            "locations": list,
            "position": int,
            "is_shown": bool,
        },
        optional=frozenset({"photo"}),
        name="name",
        is_needed=False,
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
            "checked_on": date,
        },
        optional=frozenset({"year", "checked_on"}),
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
            "published_at": datetime,
            "withdrawn_at": datetime,
            "in_review_since": datetime,
            "modified_at": datetime,
            "key_facts": list,
            "blocks": list,
            "reviews": list,
        },
        optional=frozenset(
            {"published_on", "published_at", "withdrawn_at", "in_review_since", "modified_at", "reviews"}
        ),
    ),
    "questions": Shape(
        types={
            "slug": str,
            "group": str,
            "question": str,
            "answer": str,
            "position": int,
            "is_shown": bool,
            "modified_at": datetime,
        },
        optional=frozenset({"is_shown", "modified_at"}),
    ),
    "pages": Shape(
        types={
            "slug": str,
            "title": str,
            "summary": str,
            "body": str,
            "is_shown": bool,
            "in_footer": bool,
            "position": int,
            "modified_at": datetime,
        },
        optional=frozenset({"is_shown", "in_footer", "position", "modified_at"}),
    ),
    "texts": Shape(
        types={"key": str, "heading": str, "body": str, "modified_at": datetime},
        optional=frozenset({"heading", "modified_at"}),
        name="key",
    ),
    "consent": Shape(
        types={"purpose": str, "body": str, "created_at": datetime}, optional=frozenset({"created_at"}), name="purpose"
    ),
    "redirects": Shape(
        types={"old_path": str, "new_path": str, "is_manual": str, "created_at": str}, name="old_path", is_needed=False
    ),
    "forbidden_words": Shape(types={"words": str, "instead": str, "level": str, "note": str}, name="words"),
}
BLOCK_SHAPES = {
    "callout": Shape(types={"kind": str, "heading": str, "body": str}),
    "figure": Shape(types={"picture": str, "caption": str}),
    "evidence": Shape(types={"caption": str, "columns": list, "rows": list, "note": str}, optional=frozenset({"note"})),
}

# Lists within an entry: what each of their items may hold.
PART_SHAPES = {
    "hours": Shape(types={"weekday": int, "opens": str, "closes": str}),
    "photos": Shape(types={"picture": str, "caption": str}),
    "reviews": Shape(
        types={
            "clinician": str,
            "credential": str,
            "scope": str,
            "reviewed_on": date,
            "next_due_on": date,
            "voided_at": datetime,
        },
        optional=frozenset({"voided_at"}),
    ),
}
