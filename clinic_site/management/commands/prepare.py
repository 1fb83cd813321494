"""Everything `make run` does before it serves: quick when there is nothing to do."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from clinic_site.core.models import ClinicIdentity
from clinic_site.core.planner import count_rows
from clinic_site.preparing import only_one


class Command(BaseCommand):
    help = (
        "Migrate, set up the roles, load the initial content, fill the search, make a first manager account. "
        "Started on several machines at once, they do it one after the other."
    )

    def handle(self, *args, **options) -> None:
        for folder in ("db", "mail", "media"):
            (settings.VAR_DIR / folder).mkdir(parents=True, exist_ok=True)
        with only_one(say=self.stdout.write):
            self.prepare()

    def prepare(self) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        # New indexes are of use only once it is known what they hold.
        count_rows()
        call_command("set_up_roles", verbosity=0)
        if not ClinicIdentity.objects.exists():
            self.stdout.write("Loading the initial content ...")
            call_command("load_content", stdout=self.stdout)
        call_command("reindex_search", if_incomplete=True, stdout=self.stdout)
        if not get_user_model().objects.filter(is_superuser=True).exists():
            call_command("make_manager", stdout=self.stdout)
        if not settings.MAIL_IS_CONFIGURED:
            self.stdout.write(f"No mail server is set (EMAIL_URL): mails are written to {settings.EMAIL_FILE_PATH}")
        if not settings.BACKUP_KEYS:
            self.stdout.write(
                "No backups are made: `python -m clinic_site.write_env backup-key` prints a line for .env"
            )
        self.stdout.write(f"The site: {settings.SITE_URL}/   Staff: {settings.SITE_URL}/admin/")
