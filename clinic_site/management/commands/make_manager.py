"""Make the manager account, or give it a new password."""

import secrets

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

USERNAME = "manager"


class Command(BaseCommand):
    help = "Make the account “manager” with a fresh password and print it once."

    def handle(self, *args, **options) -> None:
        password = secrets.token_urlsafe(12)
        manager, _ = get_user_model().objects.get_or_create(
            username=USERNAME, defaults={"is_staff": True, "is_superuser": True}
        )
        manager.set_password(password)
        manager.save(update_fields=["password"])
        self.stdout.write(f"Sign in as “{USERNAME}” with the password {password}  (shown once; change it after)")
