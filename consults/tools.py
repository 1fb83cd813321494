"""The pages about requests that are no list of rows: each with who may open it."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One page of the admin. `permission` is what it takes to open it, `name` its URL name."""

    label: str
    about: str
    name: str
    permission: str

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.name}")


TOOLS: list[Tool] = [
    Tool(
        label="Reports",
        about="How many ask, how fast they are answered, what becomes of them.",
        name="consults_reports",
        permission="consults.view_reports",
    ),
    Tool(
        label="Find or erase what is kept of a person",
        about="By a phone number or an e-mail address: download it as one file, or erase it.",
        name="consults_people",
        permission="consults.handle_personal_data",
    ),
    Tool(
        label="Export requests",
        about="As a table for a spreadsheet, or as JSON. The audit trail keeps who did, and why.",
        name="consults_export",
        permission="consults.export_requests",
    ),
    Tool(
        label="How long requests are kept",
        about="What the site deletes by itself, and what it will delete next.",
        name="consults_retention",
        permission="consults.set_retention",
    ),
]


def tools_for(user) -> list[Tool]:
    """Return the pages that `user` may open, in the order in which they are shown."""
    return [tool for tool in TOOLS if user.has_perm(tool.permission)]
