from django.contrib.admin.apps import AdminConfig


class ClinicAdminConfig(AdminConfig):
    """Django's admin with our own first screen."""

    default_site = "clinic_site.admin_site.ClinicAdminSite"
