from django.contrib.auth.apps import AuthConfig


class StaffAuthConfig(AuthConfig):
    """Django's accounts, under the name that staff see in the admin."""

    verbose_name = "Staff"
