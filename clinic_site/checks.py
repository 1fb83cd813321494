"""System checks: settings that would lose a request or show a broken page. wsgi.py runs them at start."""

from pathlib import Path

from django.conf import settings
from django.core.checks import Error, register
from django.core.checks import Warning as CheckWarning

TAG = "clinic"


@register(TAG)
def hosts_are_named(app_configs, **kwargs) -> list:
    """A wildcard host would let anybody put their own address into our links."""
    if any("*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        return [Error("ALLOWED_HOSTS must name each host", hint="Remove * from EXTRA_HOSTS.", id="clinic.E001")]
    return []


@register(TAG, deploy=True)
def proxy_is_declared(app_configs, **kwargs) -> list:
    """gunicorn speaks plain http, so an https address means a proxy in front of it."""
    if settings.SITE_IS_SECURE and not settings.TRUST_PROXY:
        return [
            Error(
                "SITE_URL is https, but no proxy is declared: every page would redirect to itself",
                hint="Set TRUST_PROXY=true once your proxy sets X-Forwarded-Proto and X-Forwarded-For.",
                id="clinic.E002",
            )
        ]
    return []


@register(TAG, deploy=True)
def static_files_are_collected(app_configs, **kwargs) -> list:
    """Without the manifest every page that names a style sheet would fail, one by one."""
    if settings.DEBUG or "Manifest" not in settings.STORAGES["staticfiles"]["BACKEND"]:
        return []
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return [
            Error(
                "The static files have not been collected",
                hint="Run `python manage.py collectstatic`, as `make run` does.",
                id="clinic.E003",
            )
        ]
    return []


@register(TAG, deploy=True)
def mail_is_set(app_configs, **kwargs) -> list:
    """Requests are stored either way, but nobody is told of them."""
    if not settings.MAIL_IS_CONFIGURED:
        return [CheckWarning("EMAIL_URL is not set: staff get no mail", id="clinic.W001")]
    return []


@register(TAG, deploy=True)
def backups_are_made(app_configs, **kwargs) -> list:
    """A disk that breaks takes the requests along, and the backups that lie on it."""
    found = []
    if not settings.BACKUP_KEYS:
        hint = "`python -m clinic_site.write_env backup-key` prints a line for .env."
        found.append(CheckWarning("BACKUP_KEY is not set: no backups are made", hint=hint, id="clinic.W010"))
    elif settings.SITE_IS_SECURE and not settings.BACKUP_COPY_URL:
        hint = "Set BACKUP_COPY_URL, or silence this check when something else copies BACKUP_DIR to another machine."
        found.append(CheckWarning("Backups lie on this machine alone", hint=hint, id="clinic.W011"))
    return found


@register(TAG, deploy=True)
def heartbeat_is_secure(app_configs, **kwargs) -> list:
    """The worker asks no address in the clear while the site itself is https."""
    schemes = ("https",) if settings.SITE_IS_SECURE else ("https", "http")
    if settings.HEARTBEAT_URL and settings.HEARTBEAT_URL.partition("://")[0] not in schemes:
        return [
            CheckWarning(
                "HEARTBEAT_URL does not begin with https://: nobody is told that the daily test came through",
                id="clinic.W002",
            )
        ]
    return []
