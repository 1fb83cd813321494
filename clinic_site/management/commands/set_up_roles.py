"""Make the roles of the staff: front desk, editor, clinician, manager, owner."""

from django.core.management.base import BaseCommand

from clinic_site.roles import ROLES, set_up_roles


class Command(BaseCommand):
    help = "Give each role exactly its permissions. Runs at every start; people keep the roles they have."

    def handle(self, *args, verbosity: int, **options) -> None:
        set_up_roles()
        if verbosity > 1:
            for role, names in ROLES.items():
                self.stdout.write(f"{role}: {len(names)} permissions")
