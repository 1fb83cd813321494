"""Requests at the front desk, who is told about them, and what people agreed to."""

from . import consent, recipient, request, source

__all__ = ["consent", "recipient", "request", "source"]
