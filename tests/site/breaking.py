"""A Django app that breaks the site it is installed in, with a person's words all around the fault.

It is itself the settings module of such a site: production's, with this app and a job that fails.
"""

from datetime import timedelta

from django.apps import AppConfig

from clinic_site.settings import production

globals().update({name: value for name, value in vars(production).items() if name.isupper()})

INSTALLED_APPS = [*production.INSTALLED_APPS, "tests.site.breaking.Breaking"]
PERIODIC_JOBS = "tests.site.breaking.jobs"


class Breaking(AppConfig):
    name = "tests.site.breaking"
    label = "breaking"

    def ready(self) -> None:
        from consults import views
        from consults.models import ConsultRequest

        views.receive_consult = fault
        ConsultRequest.spoken_reference = property(fault)
        globals()["jobs"] = _jobs()


def _jobs() -> list:
    from clinic_site.core.jobs import FrequentJob

    return [FrequentJob("faulty", fault, every=timedelta(minutes=5))]


def fault(*args, **kwargs):
    """Raise with the person in local variables, in a query's parameters and in the text of two exceptions."""
    from django.db import DatabaseError, connection

    from .canary import EMAIL, NAME, NOTE, PHONE

    person = {"name": NAME, "email": EMAIL, "phone": PHONE}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM nowhere WHERE name = %s AND note = %s", [person["name"], NOTE])
    except DatabaseError as error:
        raise ValueError(f"{NAME} <{EMAIL}> {PHONE} {NOTE}") from error
