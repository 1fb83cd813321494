"""How many forms one place has sent: a counter in the database, right however many processes count."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from .models import ClientCount

# The hash changes every day, so that a count says nothing after it.
FORGOTTEN_AFTER = timedelta(days=2)


def count_form(*, client_hash: str, now: datetime) -> int:
    """Count one more form from this place; return how many came before it within the hour of the clock."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    counts = ClientCount.objects.filter(client_hash=client_hash, hour=hour)
    if not counts.update(forms=F("forms") + 1):
        try:
            with transaction.atomic():
                ClientCount.objects.create(client_hash=client_hash, hour=hour, forms=1)
        except IntegrityError:  # another process was first
            counts.update(forms=F("forms") + 1)
    return counts.values_list("forms", flat=True).get() - 1


def forget_counts(*, now: datetime) -> None:
    """Delete the counts of past days."""
    ClientCount.objects.filter(hour__lt=now - FORGOTTEN_AFTER).delete()
