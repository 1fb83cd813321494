from django.apps import AppConfig


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    label = "clinic_site"

    def ready(self) -> None:
        from . import checks, record_checks  # noqa: F401  (registers the system checks)
