"""Requests for a consult: the only models that hold personal data."""

from .activity import Activity
from .client import ClientCount
from .consent import Consent, ConsentText
from .presence import OpenedRequest
from .recipient import Recipient
from .report import ReportMark, ReportWeek
from .request import ConsultRequest
from .retention import RetentionRules
from .source import SourceCount

__all__ = [
    "Activity",
    "ClientCount",
    "Consent",
    "ConsentText",
    "ConsultRequest",
    "OpenedRequest",
    "Recipient",
    "ReportMark",
    "ReportWeek",
    "RetentionRules",
    "SourceCount",
]
