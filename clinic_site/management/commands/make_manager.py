"""Make the account that opens everything, or give it a new password."""

import secrets
from itertools import chain, count

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from clinic_site.core.models import AuditEntry
from clinic_site.signin import mails, standing

USERNAME = "manager"


class Command(BaseCommand):
    help = (
        "Make the account “manager”, a superuser, with a fresh one-time password and print it once. Whatever second "
        "step it had is taken away, and its sessions end. It is the key for the first day and for emergencies; people "
        "work with accounts and roles of their own."
    )

    @transaction.atomic
    def handle(self, *args, **options) -> None:
        password = secrets.token_urlsafe(12)
        manager = _superuser()
        manager.is_active = manager.is_staff = True
        manager.set_password(password)
        manager.save()
        Authenticator.objects.filter(user=manager).delete()
        standing.ask_for_new_password(manager)
        standing.end_sessions(manager)
        now = timezone.now()
        AuditEntry.record(action="superuser-password-set", subject=f"user:{manager.pk}", now=now)
        mails.queue_alarm(now=now, is_new_password=True)
        name = manager.get_username()
        self.stdout.write(f"Sign in as “{name}” with the password {password}  (shown once; then choose your own)")


def _superuser() -> User:
    """The superuser named “manager”; one named “manager-2” when somebody of the staff has that name, and so on.

    An account that somebody works with is never turned into a superuser.
    """
    taken = set(User.objects.filter(is_superuser=False).values_list("username", flat=True))
    names = chain([USERNAME], (f"{USERNAME}-{number}" for number in count(2)))
    name = next(name for name in names if name not in taken)
    return User.objects.filter(username=name).first() or User(username=name, is_superuser=True)
