"""Models that two or more apps need and that know none of them."""

from .audit import AuditEntry
from .content_change import ContentChange
from .identity import ClinicIdentity
from .jobs import JobRun, WorkerBeat
from .loaded import LoadedContent
from .outbox import OutboxMessage
from .page import Page
from .picture import Picture, Rendition
from .redirect import Redirect
from .search import MissedSearch, SearchDocument, SearchWord
from .text import SiteText

__all__ = [
    "AuditEntry",
    "ClinicIdentity",
    "ContentChange",
    "JobRun",
    "LoadedContent",
    "MissedSearch",
    "OutboxMessage",
    "Page",
    "Picture",
    "Redirect",
    "Rendition",
    "SearchDocument",
    "SearchWord",
    "SiteText",
    "WorkerBeat",
]
