"""Requests at the front desk, who is told about them, and what people agreed to."""

from . import recipients, request

__all__ = ["recipients", "request"]
