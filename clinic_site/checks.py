"""System checks: settings that would lose a request or show a broken page. wsgi.py runs them at start."""

import ipaddress
from base64 import urlsafe_b64decode
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, register
from django.core.checks import Warning as CheckWarning

from .disks import can_be_written, is_on_network

TAG = "clinic"
LEAST_KEY_BYTES = 32
LEAST_VARIETY = 5  # different characters or bytes in a key, as Django asks of SECRET_KEY


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


@register(TAG, deploy=True)
def keys_are_good(app_configs, **kwargs) -> list:
    """Without a key no request can be stored; with a guessable one it is not protected."""
    try:
        if not settings.FIELD_KEYS:
            raise ValueError
        for key in settings.FIELD_KEYS:
            Fernet(key)
    except ValueError:
        hint = "Take FIELD_KEYS from the copy that you keep, or run `python -m clinic_site.write_env` for a new site."
        return [Error("FIELD_KEYS holds no Fernet keys: no request can be stored", hint=hint, id="clinic.E004")]
    weak = [name for name, keys in _keys().items() if any(map(_is_weak, keys))]
    return [
        CheckWarning(f"{name} is easily guessed", hint="Let `clinic_site.write_env` make one.", id="clinic.W003")
        for name in weak
    ]


def _keys() -> dict[str, list[bytes]]:
    return {
        "FIELD_KEYS": [urlsafe_b64decode(key) for key in settings.FIELD_KEYS],
        "LOOKUP_KEY": [settings.LOOKUP_KEY.encode()],
    }


def _is_weak(key: bytes) -> bool:
    return len(key) < LEAST_KEY_BYTES or len(set(key)) < LEAST_VARIETY


@register(TAG, deploy=True)
def address_is_https(app_configs, **kwargs) -> list:
    """On a public host, what people type into the form must not travel in the clear."""
    if settings.SITE_IS_SECURE or _is_this_machine(settings.SITE_HOST):
        return []
    return [
        CheckWarning(
            f"SITE_URL is http://{settings.SITE_HOST}: names and phone numbers travel in the clear",
            hint="Set SITE_URL=https://… behind a proxy that ends TLS; see OPERATIONS.md, First deploy.",
            id="clinic.W004",
        )
    ]


def _is_this_machine(host: str | None) -> bool:
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host == "localhost"
    return address.is_private  # a loopback address is private, too


@register(TAG, deploy=True)
def folders_can_be_written(app_configs, **kwargs) -> list:
    """Only those that this site writes to: with PostgreSQL, a bucket and a mail server there may be none."""
    return [
        Error(f"{folder} cannot be written: {what}", hint="Give it to the user the site runs as.", id="clinic.E005")
        for folder, what in _folders().items()
        if not can_be_written(folder)
    ]


def _folders() -> dict[Path, str]:
    found = {}
    if (database := sqlite_file()) is not None:
        found[database.parent] = "no request can be stored"
    if settings.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage"):
        found[Path(settings.MEDIA_ROOT)] = "no picture can be uploaded"
    if not settings.MAIL_IS_CONFIGURED:
        found[Path(settings.VAR_DIR) / "mail"] = "mails are neither sent nor kept"
    return found


def sqlite_file() -> Path | None:
    """The file of the database; None when it is none."""
    database = settings.DATABASES["default"]
    return Path(database["NAME"]) if database["ENGINE"].endswith("sqlite3") else None


@register(TAG, deploy=True)
def sqlite_is_on_a_disk_of_its_own_machine(app_configs, **kwargs) -> list:
    """Over a network its locks and its write-ahead log do not hold: acknowledged requests can vanish."""
    database = sqlite_file()
    if database is None or not is_on_network(database.parent):
        return []
    hint = "Put VAR_DIR on a local disk, or set DATABASE_URL to a PostgreSQL."
    return [CheckWarning("The SQLite database lies on a network disk", hint=hint, id="clinic.W005")]


@register(TAG, deploy=True)
def second_step_is_required(app_configs, **kwargs) -> list:
    """On the internet a password alone would open every request."""
    if settings.SITE_IS_SECURE and not settings.REQUIRE_SECOND_STEP:
        return [
            CheckWarning(
                "REQUIRE_SECOND_STEP is off: a stolen password opens the admin",
                hint="Take it out of .env: it is on by itself when SITE_URL is https.",
                id="clinic.W006",
            )
        ]
    return []


@register(TAG, deploy=True)
def others_are_spoken_to_in_secret(app_configs, **kwargs) -> list:
    """On the way to another machine, nobody must read along or stand in its place."""
    found = []
    mail_is_secret = getattr(settings, "EMAIL_USE_TLS", False) or getattr(settings, "EMAIL_USE_SSL", False)
    if settings.MAIL_IS_CONFIGURED and _is_elsewhere(settings.EMAIL_HOST) and not mail_is_secret:
        hint = "Let EMAIL_URL begin with smtp+tls:// or smtp+ssl://."
        found.append(CheckWarning("Mails and the mail password travel in the clear", hint=hint, id="clinic.W007"))
    database = settings.DATABASES["default"]
    hosts = str(database.get("HOST") or "").split(",")
    if any(map(_is_elsewhere, hosts)) and database["OPTIONS"].get("sslmode") != "verify-full":
        hint = "Add sslmode=verify-full and sslrootcert=… to DATABASE_URL; without it libpq goes on in the clear."
        found.append(CheckWarning("The way to the database is open to others", hint=hint, id="clinic.W008"))
    return found


def _is_elsewhere(host: str) -> bool:
    """Whether `host` is another machine. A name without a dot is a container's, on a network of its own."""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return "." in host and not host.startswith("/")
