"""What is true wherever the site runs."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from .headers import ADMIN_CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from .logs import logging_config
from .media import media_storage
from .sign_in import ALLAUTH

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def text(name: str, default: str = "") -> str:
    """A setting from the environment; one that is there but empty counts as not set."""
    return env(name, default="") or default


def flag(name: str, *, default: bool) -> bool:
    """A setting that is on or off; one that is there but empty counts as not set."""
    return env.bool(name) if text(name) else default


VAR_DIR = BASE_DIR / text("VAR_DIR", "var")

# Secrets -------------------------------------------------------------------------------------
SECRET_KEY = text("SECRET_KEY")
# Fernet keys for the personal fields; the first one writes, all of them read.
FIELD_KEYS = env.list("FIELD_KEYS")
# Key of the hashes by which a phone number or an address is found again.
LOOKUP_KEY = text("LOOKUP_KEY")
if not (SECRET_KEY and LOOKUP_KEY):
    raise ImproperlyConfigured("SECRET_KEY, FIELD_KEYS and LOOKUP_KEY must be set; `make run` writes them to .env")

# Addresses -----------------------------------------------------------------------------------
# The one public address of the site. Links in mails, canonical URLs and cookie rules follow it.
SITE_URL = text("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
SITE_HOST = urlsplit(SITE_URL).hostname
SITE_IS_SECURE = SITE_URL.startswith("https://")
ALLOWED_HOSTS = [SITE_HOST, *env.list("EXTRA_HOSTS", default=[])]
# False on a test or staging site: search engines are told to keep every page out.
SITE_IS_PUBLIC = flag("SITE_IS_PUBLIC", default=True)
# Believe X-Forwarded-Proto and X-Forwarded-For: only when our own proxy sets both.
TRUST_PROXY = flag("TRUST_PROXY", default=False)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# Where to report a security fault: a mailto: or https: address for security.txt.
SECURITY_CONTACT = text("SECURITY_CONTACT")

# Applications --------------------------------------------------------------------------------
INSTALLED_APPS = [
    "clinic_site.admin_config.ClinicAdminConfig",
    "clinic_site.auth_config.StaffAuthConfig",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "content_editor",
    "django_prose_editor",
    "reversion",
    "crispy_forms",
    "csp",
    "phonenumber_field",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "clinic_site.core",
    "clinic_site.signin",
    "locations",
    "articles",
    "consults",
    "clinic_site",
]

MIDDLEWARE = [
    "clinic_site.core.request_log.RequestLogMiddleware",
    # Outside of all that answers by itself, so that every answer has them.
    "csp.middleware.CSPMiddleware",
    "clinic_site.core.headers.HeadersMiddleware",
    "clinic_site.core.middleware.NotForSearchMiddleware",
    "clinic_site.core.client_address.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "clinic_site.core.middleware.SecureRedirectMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_http_compression.middleware.HttpCompressionMiddleware",
    "clinic_site.core.middleware.UnavailableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "clinic_site.core.middleware.SlashMiddleware",
    # Inside SlashMiddleware: an old address without its slash is one step from its page, too.
    "clinic_site.core.middleware.MovedMiddleware",
    "clinic_site.core.body_limits.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clinic_site.signin.middleware.SignInMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "clinic_site.urls"
WSGI_APPLICATION = "clinic_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "clinic_site.context_processors.site",
            ],
            "builtins": ["django.templatetags.static"],
        },
    },
]

# Database ------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db' / 'clinic.sqlite3'}"))}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# How long, in seconds, a writer waits for another before it gives up.
DATABASE_TIMEOUT = 20
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at the start: read-then-write never fails half-way.
        # FULL makes an acknowledged row survive a power cut. secure_delete writes zeros over what is deleted.
        "transaction_mode": "IMMEDIATE",
        "timeout": DATABASE_TIMEOUT,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {
        # Seconds for each host that is tried.
        "connect_timeout": 3,
        # A server that vanished without a word is noticed: after 8 s while it owes us an acknowledgement,
        # at the probe after that while we only wait for its answer. A link cut for 3 s breaks nothing: what
        # was lost meanwhile is sent again after 6 s at the latest.
        "tcp_user_timeout": 8_000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "options": f"-c lock_timeout={DATABASE_TIMEOUT}s -c statement_timeout=30s",
        # What DATABASE_URL says wins, such as target_session_attrs=read-write beside two hosts.
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Mail ----------------------------------------------------------------------------------------
EMAIL_TIMEOUT = int(text("EMAIL_TIMEOUT", "10"))
EMAIL_URL = text("EMAIL_URL")
MAIL_IS_CONFIGURED = bool(EMAIL_URL)
if MAIL_IS_CONFIGURED:
    globals().update(env.email_url_config(EMAIL_URL))
    if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":  # noqa: F821  (from EMAIL_URL)
        EMAIL_BACKEND = "clinic_site.core.smtp.Backend"
else:
    EMAIL_BACKEND = "clinic_site.core.mail_files.PrivateFileBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = text("MAIL_FROM", f"website@{SITE_HOST}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# A claimed mail belongs to its worker this long: longer than a send and its bookkeeping can take.
MAIL_LEASE_SECONDS = EMAIL_TIMEOUT + DATABASE_TIMEOUT + 60

# Sign-in -------------------------------------------------------------------------------------
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "clinic_site.signin.passwords.GuessablePasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_RESET_TIMEOUT = 3600
# No page of the admin opens without a passkey or a code; where it is off, they are offered.
REQUIRE_SECOND_STEP = flag("REQUIRE_SECOND_STEP", default=SITE_IS_SECURE)
# After so long, or after so long without a click, a session is locked until its owner proves who they are.
SIGN_IN_LASTS_HOURS = int(text("SIGN_IN_LASTS_HOURS", "12"))
SIGN_IN_IDLE_MINUTES = int(text("SIGN_IN_IDLE_MINUTES", "60"))
# Locked sessions are kept over a weekend: what somebody typed on Friday can still be sent on Monday.
SESSION_COOKIE_AGE = 72 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# https is checked by the browser; a site without it can have passkeys at http://localhost alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SITE_IS_SECURE
globals().update(ALLAUTH)

# Cookies and headers -------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # no script of ours reads either
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_SECURE
SESSION_COOKIE_NAME = "__Host-session" if SITE_IS_SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SITE_IS_SECURE else "csrf"
# A cookie of their own would have a name without __Host-, and say in it what was done.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "clinic_site.views.csrf_failure"
SECURE_REFERRER_POLICY = SECURITY_HEADERS["Referrer-Policy"]
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SITE_IS_SECURE
SECURE_HSTS_PRELOAD = SITE_IS_SECURE
X_FRAME_OPTIONS = SECURITY_HEADERS["X-Frame-Options"]
# It asks for SECURE_SSL_REDIRECT, whose 301 loses posted forms: see SecureRedirectMiddleware.
SILENCED_SYSTEM_CHECKS = ["security.W008"]
# Articles ------------------------------------------------------------------------------------
# A medical article is published only while a clinician's review of it stands.
REQUIRE_REVIEW = flag("REQUIRE_REVIEW", default=True)

# The pages for a broken database cannot ask it for the phone number.
FALLBACK_PHONE = text("FALLBACK_PHONE", "(205) 557-2253")
FALLBACK_PHONE_LINK = "+1" + "".join(filter(str.isdigit, FALLBACK_PHONE))[-10:]

# The page cache ------------------------------------------------------------------------------
# How much memory each web process may fill with finished pages. 0: every page is rendered anew.
PAGE_CACHE_BYTES = int(text("PAGE_CACHE_MB", "16")) * 1024 * 1024

# Requests ------------------------------------------------------------------------------------
# How much a form may send, in bytes: a public one, one of signed-in staff, one with a photo of 40 MB in it.
BODY_LIMIT = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
UPLOAD_LIMITS = {"admin:core_picture_add": 41_000_000, "admin:core_picture_change": 41_000_000}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# Periodic work, and work for when no mail waits: the lists that `run_worker` reads.
PERIODIC_JOBS = "clinic_site.worker_jobs.PERIODIC_JOBS"
IDLE_WORK = "clinic_site.worker_jobs.IDLE_WORK"
# Visit the links that lead to other sites, each once a week, and list the broken ones.
CHECK_LINKS = flag("CHECK_LINKS", default=True)

# The daily test -------------------------------------------------------------------------------
# Where the site sends itself a request each morning: its own public address, the whole way round.
SELF_TEST_URL = text("SELF_TEST_URL", SITE_URL).rstrip("/")
# Asked once after each test whose mail left; a service that misses it can then raise an alarm. Empty: none.
HEARTBEAT_URL = text("HEARTBEAT_URL")

# Backups -------------------------------------------------------------------------------------
# age identities; the first one writes, all of them read.
BACKUP_KEYS = env.list("BACKUP_KEY", default=[])
BACKUP_DIR = BASE_DIR / text("BACKUP_DIR", str(VAR_DIR / "backups"))
BACKUP_KEEP_DAYS = int(text("BACKUP_KEEP_DAYS", "35"))
# Where a copy of each backup goes; named as MEDIA_STORAGE is. Empty: nowhere, and the check of the start warns.
BACKUP_COPY_URL = text("BACKUP_COPY_URL")

# Language and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = False
TIME_ZONE = "America/Chicago"
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = "US"
# E164 would drop an extension.
PHONENUMBER_DB_FORMAT = "RFC3966"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"

# Files ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
# An image holds them outside of VAR_DIR, so that a new image brings its own.
STATIC_ROOT = Path(text("STATIC_DIR", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": media_storage(text("MEDIA_STORAGE")),
    "staticfiles": {"BACKEND": "clinic_site.staticfiles_storage.BundledManifestStaticFilesStorage"},
}
if BACKUP_COPY_URL:
    STORAGES["backups"] = media_storage(BACKUP_COPY_URL, setting="BACKUP_COPY_URL")

# Forms ---------------------------------------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = "clinic"
CRISPY_TEMPLATE_PACK = "clinic"
CRISPY_FAIL_SILENTLY = False

# Watching ------------------------------------------------------------------------------------
# /metrics answers whoever sends this as a bearer token. Empty: there is no such page.
METRICS_TOKEN = text("METRICS_TOKEN")
# Where the processes of this machine keep what they count for it.
METRICS_DIR = VAR_DIR / "metrics"
# Faults are told to a Sentry there: their kinds and places, nothing of anybody. Empty: sentry-sdk is not even loaded.
SENTRY_DSN = text("SENTRY_DSN")

LOGGING = logging_config(form=text("LOG_FORMAT", "text"), level=text("LOG_LEVEL", "INFO"))
