from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ClinicSiteConfig(AppConfig):
    name = "clinic_site"
    label = "clinic_site"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers the system checks)
        from .content_tables import install_triggers

        # Once, when all apps are migrated. Django sends it for apps that have models, which this one has not.
        post_migrate.connect(install_triggers, sender=apps.get_app_config("consults"))
