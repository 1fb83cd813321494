"""Requests of one person: the same phone number or e-mail address, found by keyed hashes alone."""

from django.db.models import Q

from .models import ConsultRequest

# The newest of one person's requests. Whoever floods the form with one number is not worth more.
MOST_OF_ONE = 1000


def of_person(*hashes: str) -> Q:
    """The requests whose phone or e-mail address has one of these hashes.

    The rows are looked up first, by two indexes: in one query with an order, SQLite would walk every request.
    """
    named, rows = [name for name in hashes if name], ConsultRequest.objects
    found = {
        *rows.filter(phone_hash__in=named).values_list("pk", flat=True),
        *rows.filter(email_hash__in=named).values_list("pk", flat=True),
    }
    return Q(pk__in=sorted(found)[-MOST_OF_ONE:])
