from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "clinic_site.signin"
    label = "signin"
    verbose_name = "Signing in"

    def ready(self) -> None:
        from clinic_site.core import rotation

        from . import receivers  # noqa: F401  (connects them)
        from .secrets import second_step_secrets

        rotation.MORE_PLACES.append(second_step_secrets)
