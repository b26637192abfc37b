"""All settings. What differs between machines comes from the environment; defaults are production's.

`.env` beside manage.py is read first when it exists; real environment variables win.
docs/operations.md lists every variable.
"""

from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from articles.csp import CSP
from clinic import identity, private_postgres

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# Former keys: what they signed (sessions, links to drafts) stays good until they are taken out.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = [
    host.strip() for host in env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEBUG else [])
]

# The clinic

CLINIC_DIR = Path(env.str("CLINIC_DIR", default=str(BASE_DIR / "clinic" / "kirurgen")))
CLINIC = identity.load(CLINIC_DIR)
# Where the site is. Absolute addresses are made from it, never from what a request says its host is.
SITE_URL = env.str(
    "SITE_URL",
    default=f"http://127.0.0.1:{env.str('PORT', default='') or 8000}"
    if DEBUG
    else f"https://{next(iter(ALLOWED_HOSTS), 'localhost').lstrip('.')}",
).rstrip("/")

# While this file is there the site answers 503: `touch` it before work on the database.
MAINTENANCE_FILE = Path(env.str("MAINTENANCE_FILE", default=str(BASE_DIR / "var" / "maintenance")))

# Sites that may show treatments' articles in a frame and read feeds by script, as https://booking.example.
EMBED_ORIGINS = [
    origin.rstrip("/").lower() for origin in map(str.strip, env.list("EMBED_ORIGINS", default=[])) if origin
]

# Whether a doctor has to approve exactly the text that is published.
APPROVAL_REQUIRED = env.bool("APPROVAL_REQUIRED", default=False)

# Application

INSTALLED_APPS = [
    "modeltranslation",  # before the admin, whose fields it changes
    "clinic.admin_site.DeskConfig",  # django.contrib.admin
    "clinic.admin_site.AccountsConfig",  # django.contrib.auth
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "markdownx",
    "reversion",
    "signing_in",
    "references",
    "articles",
    "clinic",
]

MIDDLEWARE = [
    "clinic.request_ids.with_id",
    # Before whatever may answer by itself: its answers have the headers, too.
    "articles.csp.ContentSecurityPolicyMiddleware",
    "clinic.headers.headers",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clinic.health.probes",
    "clinic.metrics.counting",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.errors.maintenance",
    "clinic.replica.routing",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "clinic.languages.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "signing_in.door.Door",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"

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
                "clinic.context.clinic",
            ],
        },
    },
]
# Our own templates also replace widgets of Django and markdownx.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.insert(0, "django.forms")

# Database

if env.str("DATABASE_URL", default=""):
    DATABASES = {"default": env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")}
elif DEBUG:
    DATABASES = {"default": private_postgres.database(BASE_DIR / "var" / "postgres")}
else:
    raise ImproperlyConfigured("Set DATABASE_URL: only DEBUG starts a private PostgreSQL.")
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DATABASES["default"].setdefault("OPTIONS", {}).update(server_side_binding=True, prepare_threshold=5)
# A server that cannot be reached, or goes away in mid-answer, is found out in seconds; a process has one
# connection and keeps it. clinic/wsgi.py limits what a request may take.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
} | DATABASES["default"]["OPTIONS"]
if _limits := env.str("DATABASE_LIMITS", default=""):
    DATABASES["default"]["OPTIONS"].setdefault("options", _limits)
DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
if env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = {
        **{key: DATABASES["default"][key] for key in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "OPTIONS")},
        **env.db_url("DATABASE_REPLICA_URL", engine="django.db.backends.postgresql"),
        "TEST": {"MIRROR": "default"},
    }
    DATABASE_ROUTERS = ["clinic.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Forms: an address without a scheme is https. Transitional: the default from Django 6.0.
FORMS_URLFIELD_ASSUME_HTTPS = True

# Languages

LANGUAGE_CODE = "da"
LANGUAGES = [("da", _("Danish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "clinic.formats"
TIME_ZONE = "Europe/Copenhagen"
USE_TZ = True

# A translated field that is empty is empty: texts in another language, or links built from another
# language's slug, never stand in for it.
MODELTRANSLATION_DEFAULT_LANGUAGE = LANGUAGE_CODE
MODELTRANSLATION_ENABLE_FALLBACKS = False
MODELTRANSLATION_FALLBACK_LANGUAGES = {"default": ()}
# The fieldset around a language's fields names it once.
MODELTRANSLATION_BUILD_LOCALIZED_VERBOSE_NAME = lambda name, _language: name  # noqa: E731

# Static and uploaded files

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [CLINIC_DIR / "static", BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "var" / "media"
# The web server, another account, reads them, whatever the umask of who uploads.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o644, 0o755
# With a bucket, uploaded files are there, and the web server leads /media/ on to it: several hosts share it.
MEDIA_S3_BUCKET = env.str("MEDIA_S3_BUCKET", default="")
MEDIA_S3_OPTIONS = {
    "addressing_style": "path",
    "file_overwrite": False,
    # Their names never come twice and their contents never change.
    "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
}
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "clinic.bucket.Bucket",
        "OPTIONS": MEDIA_S3_OPTIONS
        | {
            "bucket_name": MEDIA_S3_BUCKET,
            "endpoint_url": env.str("MEDIA_S3_ENDPOINT", default="") or None,
            "region_name": env.str("MEDIA_S3_REGION", default="") or None,
            "access_key": env.str("MEDIA_S3_KEY", default="") or None,
            "secret_key": env.str("MEDIA_S3_SECRET", default="") or None,
        },
    }
    if MEDIA_S3_BUCKET
    else {"BACKEND": "clinic.storage.DurableStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "clinic.static_files.StaticStorage"
        ),
    },
}

# Who can read backups: public keys of age, age1…; without any they are not encrypted.
BACKUP_PUBLIC_KEYS = [key for key in map(str.strip, env.list("BACKUP_PUBLIC_KEYS", default=[])) if key]

# PubMed and Crossref, which back the references

PUBMED_BASE_URL = env.str("PUBMED_BASE_URL", default="https://eutils.ncbi.nlm.nih.gov/entrez/eutils")
PUBMED_EMAIL = env.str("PUBMED_EMAIL", default="")  # NLM asks for a contact
PUBMED_API_KEY = env.str("PUBMED_API_KEY", default="")
PUBMED_TIMEOUT = env.float("PUBMED_TIMEOUT", default=10)  # seconds, the longest a request waits
CROSSREF_BASE_URL = env.str("CROSSREF_BASE_URL", default="https://api.crossref.org")

# Hosts that check_links may ask for although they are not on the public internet.
LINK_CHECK_ALLOWED_HOSTS = env.list("LINK_CHECK_ALLOWED_HOSTS", default=[])

# Words that promise, which no text for patients may: whole words, in small letters. Factual, and not
# misleading about benefit or risk, is what the law on marketing of health services asks (lov 326/2003 § 2).
PROMISE_WORDS = {
    "da": [
        *("garanti", "garanteret", "garanteres", "garanterer", "100 % sikker", "100 % effektiv"),
        *("helbreder", "mirakel", "mirakelkur", "vidundermiddel", "altid vellykket", "virker altid"),
        *("risikofri", "risikofrit", "uden risici", "helt uden risiko", "bivirkningsfri", "bivirkningsfrit"),
        *("smertefri", "smertefrit", "fuldstændig sikker", "uden bivirkninger"),
        *("danmarks bedste", "markedets bedste", "danmarks førende"),
    ],
    "en": [
        *("guarantee", "guarantees", "guaranteed", "100% safe", "100% effective", "always works"),
        *("cures", "miracle", "always successful", "never fails"),
        *("risk-free", "risk free", "without any risk", "completely safe", "no side effects"),
        *("pain-free", "painless", "denmark's best", "denmark’s best"),
    ],
}

# How citations are printed: up to so many authors are all named; of more, the first few and "et al."
CITATION_MOST_AUTHORS = env.int("CITATION_MOST_AUTHORS", default=6)
CITATION_AUTHORS_OF_MORE = env.int("CITATION_AUTHORS_OF_MORE", default=3)

# Editors' Markdown widget: our own preview view, see articles/admin.py

MARKDOWNX_URLS_PATH = "/admin/articles/article/render/"
MARKDOWNX_UPLOAD_URLS_PATH = ""
MARKDOWNX_SERVER_CALL_LATENCY = 400  # milliseconds
MARKDOWNX_EDITOR_RESIZABLE = False

# Signing in: allauth's pages, with what signing_in/ changes of them

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of passwords from before, replaced at sign-in
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
# allauth's own keeps each address that an account ever had.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
SECOND_FACTOR_REQUIRED = not DEBUG

# A session ends with the browser, after half an hour without work, and after half a day in any case.
SESSION_ENGINE = "signing_in.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_AGE = SESSION_COOKIE_AGE if DEBUG else 30 * 60

ACCOUNT_ADAPTER = "signing_in.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "signing_in.forms.ChangePasswordForm",
    "set_password": "signing_in.forms.SetPasswordForm",
    "reset_password": "signing_in.forms.ForgottenPasswordForm",
    "reset_password_from_key": "signing_in.forms.ChoosePasswordForm",
}
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator has made the account
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {
    # Tries that fail: the account is locked for a quarter of an hour.
    "login_failed": "5/15m/key",
    "login_failed_by_address": "20/10m/ip",
    # Mails for a new password, by the address of who asks and by that of the mail.
    "reset_password": "20/m/ip,5/15m/key",
}
# Proxies in front, each of which adds to X-Forwarded-For whom it has it from.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0 if DEBUG else 1)

MFA_ADAPTER = "signing_in.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "signing_in.forms.AuthenticateForm",
    "reauthenticate": "signing_in.forms.ReauthenticateForm",
    "activate_totp": "signing_in.forms.ActivateAppForm",
    "add_webauthn": "signing_in.forms.AddPasskeyForm",
    "edit_webauthn": "signing_in.forms.EditPasskeyForm",
    "authenticate_webauthn": "signing_in.forms.AuthenticatePasskeyForm",
    "login_webauthn": "signing_in.forms.LoginPasskeyForm",
    "reauthenticate_webauthn": "signing_in.forms.ReauthenticatePasskeyForm",
}

# Shared by all processes and hosts: what is counted, and codes that have been used, must be.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "signing_in_cache",
        # Beyond it the first rows go, whatever they are: many more than an attack can count up.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

# Security

CSRF_FAILURE_VIEW = "clinic.errors.csrf_failed"
# What a browser may load and do for a page: clinic/headers.py adds what the desk needs, articles/origins.py
# who may frame the embed. In Django 6's words.
SECURE_CSP: dict[str, list[str] | bool] = {
    "default-src": [CSP.NONE],
    "img-src": [CSP.SELF],
    "style-src": [CSP.SELF, *CLINIC.css_sources],
    # For Lighthouse, which asks for robots.txt in the page's name; no script is run.
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "upgrade-insecure-requests": not DEBUG,
}
SECURE_CSP_REPORT_ONLY: dict[str, list[str]] = {}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # our scripts read the token in the form
CSRF_COOKIE_SAMESITE = "Lax"
# In the session: a cookie of their own would be one more to keep.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
if not DEBUG:
    # Browsers take cookies of these names from this host alone, over https, for the whole site.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Mail and logging

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
vars().update(EMAIL_CONFIG)
MAIL_BACKEND, EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"], "clinic.mail.EmailBackend"
EMAIL_TIMEOUT = 10  # seconds: somebody waits for the page that sends it
# An address alone is given the clinic's name.
_name, _address = parseaddr(env.str("DEFAULT_FROM_EMAIL", default="blog@localhost"))
DEFAULT_FROM_EMAIL = formataddr((_name or CLINIC.name, _address))
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Watching it: who is mailed of errors, which Sentry is told of them, what /metrics wants to be shown

ADMINS = [(address, address) for address in map(str.strip, env.list("ADMINS", default=[])) if address]
EMAIL_SUBJECT_PREFIX = f"[{CLINIC.name}] "
SENTRY_DSN = env.str("SENTRY_DSN", default="")
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Lines of JSON to stderr, for people as they are with DEBUG. The loggers that write down addresses leave
# out tokens in both.
_ADDRESSES: dict[str, Any] = {"filters": ["without_tokens"]}
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_tokens": {"()": "clinic.logs.WithoutTokens"}},
    "formatters": {"json": {"()": "clinic.logs.JsonLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json"},
        "admins": {"class": "clinic.logs.MailToAdmins"},
        "nowhere": {"class": "logging.NullHandler"},  # without any, Python writes to stderr
    },
    "loggers": dict.fromkeys(("django.request", "django.security.csrf"), _ADDRESSES)
    | {
        "signing_in": {"level": "INFO"},
        "httpx2": {"level": "WARNING"},  # each address that is asked, otherwise
    },
}
if not DEBUG:
    # In the place of Django's own handlers, whose mails have the whole request in them.
    LOGGING["loggers"] |= {
        "django": {"handlers": [], "level": "INFO"},
        # What somebody sent that no form of ours sends is logged, and mailed to nobody: anybody could.
        "django.security": {"handlers": ["stderr"], "propagate": False},
        # Whoever makes up a host's name is answered 400, and is no news.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
    }
    LOGGING["root"] = {"handlers": ["stderr", "admins"], "level": "INFO"}
