"""System checks that ask the database: what would keep a request from reaching staff.

`manage.py check --deploy` runs them. wsgi.py does not: the site starts, and says 503, without a database.
"""

from datetime import timedelta

from django.core.checks import Warning as CheckWarning
from django.core.checks import register
from django.db import Error as DatabaseFault
from django.db import connection
from django.utils import timezone

from clinic_site.core.dashboard import worker_is_alive
from consults.dashboard import clinics_without_recipient
from consults.models import Recipient

TAG = "clinic-records"
# Leases of mails have a minute to spare; clocks further apart than this begin to use it up.
CLOCKS_MAY_DIFFER = timedelta(seconds=10)


@register(TAG, deploy=True)
def records_are_in_order(app_configs, **kwargs) -> list:
    """Ask one thing after the other; a database that is away is one trouble, not four."""
    try:
        return [*worker_is_seen(), *clinics_have_recipients(), *recipients_are_verified(), *clocks_agree()]
    except DatabaseFault as error:
        text = f"The database cannot be asked ({type(error).__name__})"
        return [CheckWarning(text, hint="Start it, or run `manage.py migrate`.", id="clinic.W020")]


def worker_is_seen() -> list:
    """Requests are stored without a worker, but no mail leaves."""
    if worker_is_alive(now=timezone.now()):
        return []
    hint = "Start `manage.py run_worker`, and keep it running."
    return [CheckWarning("No worker was seen within two minutes: staff get no mail", hint=hint, id="clinic.W021")]


def clinics_have_recipients() -> list:
    """Somebody must be told of the requests of each clinic."""
    return [
        CheckWarning(
            f"{location.name}: nobody is told about new requests",
            hint="Add a recipient in the admin and enter the code that is mailed to it.",
            id="clinic.W022",
        )
        for location in clinics_without_recipient()
    ]


def recipients_are_verified() -> list:
    """A recipient gets no mail before its code was entered. How many, not who."""
    waiting = Recipient.objects.filter(is_active=True, verified_at=None).count()
    if not waiting:
        return []
    text = f"Recipients that wait for their code and get no mail: {waiting}"
    return [CheckWarning(text, hint="Enter the code in the admin.", id="clinic.W023")]


def clocks_agree() -> list:
    """Leases, promises and schedules are written by one machine's clock and read by another's."""
    if connection.vendor != "postgresql":  # SQLite asks the clock we ask
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs(timezone.now() - cursor.fetchone()[0])
    if apart <= CLOCKS_MAY_DIFFER:
        return []
    text = f"This machine’s clock and the database’s are {apart.total_seconds():.0f} seconds apart"
    return [CheckWarning(text, hint="Set both by NTP.", id="clinic.W024")]
