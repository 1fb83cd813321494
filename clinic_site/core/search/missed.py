"""Counting what readers looked for in vain, so that editors know what to write."""

import logging
import re
from datetime import date, datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from ..models import MissedSearch
from .words import Query

logger = logging.getLogger(__name__)

MOST_WORDS = 5
MOST_TERMS = 2000
KEPT = timedelta(days=365)
PERSONAL = re.compile(r"@|\d{5}")
BETWEEN_DIGITS = re.compile(r"(?<=\d)\D{1,3}(?=\d)")


def count_missed(query: Query, *, today: date) -> None:
    """Count a query that found nothing.

    Kept are the words, how often they were searched for, and the last day. Never kept: who searched,
    from where, at what time of day. Words that might tell of a person are not kept at all: an @, five
    digits in a row (dashes, dots and spaces between them or not), more than five words, more than 60
    characters. There are at most 2,000 different terms, so that a flood of nonsense fills no disk.
    """
    term = " ".join(query.words)
    longest = MissedSearch._meta.get_field("term").max_length
    if not term or len(query.words) > MOST_WORDS or max(len(term), len(query.text)) > longest:
        return
    if PERSONAL.search(BETWEEN_DIGITS.sub("", query.text)):
        return
    try:
        with transaction.atomic():
            if MissedSearch.objects.filter(term=term).update(count=F("count") + 1, last_on=today):
                return
            if MissedSearch.objects.count() < MOST_TERMS:
                MissedSearch.objects.bulk_create(
                    [MissedSearch(term=term, count=1, last_on=today)],
                    update_conflicts=True,
                    unique_fields=["term"],
                    update_fields=["last_on"],
                )
    except DatabaseError:  # the reader gets an answer all the same
        logger.warning("a search without a result was not counted")


def forget_missed(*, now: datetime) -> None:
    """Delete what nobody has searched for in twelve months."""
    MissedSearch.objects.filter(last_on__lt=timezone.localdate(now) - KEPT).delete()
