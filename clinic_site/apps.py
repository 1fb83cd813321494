from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_migrate


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    label = "clinic_site"

    def ready(self) -> None:
        from . import checks, record_checks  # noqa: F401  (registers the system checks)
        from .content_tables import install_triggers

        # Once, when all apps are migrated. Django sends it for apps that have models, which this one has not.
        post_migrate.connect(install_triggers, sender=apps.get_app_config("consults"))

        if settings.SENTRY_DSN:
            _report_faults()


def _report_faults() -> None:
    if find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured("SENTRY_DSN is set: run `pip install -r requirements-extras.txt`, or take it out")
    from . import fault_reports

    fault_reports.start()
