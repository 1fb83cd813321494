"""Requests at the front desk, who is told about them, and what people agreed to."""

from . import consent, recipient, request

__all__ = ["consent", "recipient", "request"]
