"""What the admin of the whole site registers: Django looks for it here."""

from . import staff_admin

__all__ = ["staff_admin"]
