from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    label = "clinic_site"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)

        if settings.SENTRY_DSN:
            _report_faults()


def _report_faults() -> None:
    if find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured("SENTRY_DSN is set: run `pip install -r requirements-extras.txt`, or take it out")
    from . import fault_reports

    fault_reports.start()
