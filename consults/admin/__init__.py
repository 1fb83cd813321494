"""Requests at the front desk, who is told about them, and what people agreed to."""

from .. import audit_words
from . import consent, recipient, request

__all__ = ["audit_words", "consent", "recipient", "request"]
