"""The request that is being answered: its id, its reference, and what of its address may be written down."""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

# As proxies write them: 32 hex digits (nginx) or a UUID. Nothing shorter: it could be a phone number.
REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Marks:
    """What stands in every log line of one request. `reference` is what its reader sees when something fails."""

    request_id: str
    reference: str


# None outside of a request: in the worker, in a command.
current_marks: ContextVar[Marks | None] = ContextVar("current_marks", default=None)


def new_marks(*, given_id: str = "") -> Marks:
    """Return random marks; `given_id` is kept as the id when it is one that a proxy makes."""
    request_id = given_id if REQUEST_ID.fullmatch(given_id) else secrets.token_hex(16)
    return Marks(request_id=request_id, reference=secrets.token_hex(4))


def shown_path(request, *, status: int) -> str:
    """Return the path of a page that readers may see; else the pattern it matched, which holds no secret.

    References, links to previews and keys of passwords are parts of paths, and what is no page
    could be anything that somebody typed.
    """
    match = getattr(request, "resolver_match", None)
    if match is None:  # a static file, or nothing that we know
        return request.path if status == 200 else "(no page)"
    is_readers = not match.args and (not match.kwargs or (set(match.kwargs) == {"slug"} and status < 400))
    return request.path if is_readers else f"/{match.route}"
