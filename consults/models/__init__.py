"""Requests for a consult: the only models that hold personal data."""

from .activity import Activity
from .consent import Consent, ConsentText
from .recipient import Recipient
from .request import ConsultRequest
from .source import SourceCount

__all__ = ["Activity", "Consent", "ConsentText", "ConsultRequest", "Recipient", "SourceCount"]
