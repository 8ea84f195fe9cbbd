"""Settings: one file, values from the environment, units in the names.

A wrong value stops the start with the setting's name and the fix (Misconfigured).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from helpdesk.database import django_settings_of
from helpdesk.lib.errors import Misconfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def _flag(name: str, *, default: bool) -> bool:
    value = _text(name, "yes" if default else "no").lower()
    if value in ("1", "yes", "true", "on"):
        return True
    if value in ("0", "no", "false", "off", ""):
        return False
    raise Misconfigured(f"{name} is “{value}”; write yes or no.")


def _number(name: str, default: int, *, low: int = 0, high: int = 10**9) -> int:
    value = _text(name, str(default))
    if not re.fullmatch(r"\d{1,10}", value) or not low <= int(value) <= high:
        raise Misconfigured(f"{name} is “{value}”; write a whole number from {low} to {high}.")
    return int(value)


def _one_of(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = _text(name, default).upper()
    if value not in choices:
        raise Misconfigured(f"{name} is “{value}”; write one of {', '.join(choices)}.")
    return value


def _host_and_port(name: str) -> str:
    value = _text(name)
    _, colon, port = value.rpartition(":")
    if value and not (colon and re.fullmatch(r"\d{1,5}", port) and int(port) < 65536):
        raise Misconfigured(f"{name} is “{value}”; write a host and a port, like 127.0.0.1:2525.")
    return value


def _redis(name: str) -> str:
    value = _text(name)
    if value and not re.match(r"(rediss?|unix)://", value):
        raise Misconfigured(
            f"{name} must look like redis://host:6379/0. Leave it unset when one process does all."
        )
    return value


def _list(name: str, default: str = "") -> list[str]:
    return [each.strip() for each in _text(name, default).split(",") if each.strip()]


def _database(url: str) -> dict[str, Any]:
    """The URL as Django's settings; what it says after the question mark (sslmode, …) is kept."""
    named = django_settings_of(url)
    # Compiling a query of a report takes longer than running it.
    ours = "-c idle_in_transaction_session_timeout=60000 -c jit=off"
    return {
        **named,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # a restarted server must not fail a request per connection
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            **named["OPTIONS"],
            "pool": {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "timeout": 10},
            "options": f"{ours} {named['OPTIONS'].get('options', '')}".strip(),
        },
        "TEST": {"NAME": _text("TEST_DATABASE_NAME") or None},
    }


def _secret_key() -> str:
    key = _text("AFTERCARE_SECRET_KEY")
    if not key:
        path = DATA_DIR / "secret_key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(os.urandom(40).hex())
        key = path.read_text().strip()
    if len(key) < 50:
        raise Misconfigured(
            "AFTERCARE_SECRET_KEY is shorter than 50 characters; make one with "
            "“python -c 'import secrets; print(secrets.token_urlsafe(50))'”."
        )
    return key


DATA_DIR = Path(_text("AFTERCARE_DATA") or BASE_DIR / "var").resolve()
SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = _list("AFTERCARE_SECRET_KEY_FALLBACKS")
DEBUG = False

PUBLIC_URL = _text("AFTERCARE_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if _public.scheme not in ("http", "https") or not _public.hostname:
    raise Misconfigured(
        "AFTERCARE_PUBLIC_URL must be the address people open, like https://help.example.com."
    )
IS_HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = _list("AFTERCARE_ALLOWED_HOSTS") or [
    _public.hostname,
    "127.0.0.1",
    "localhost",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
if _flag("AFTERCARE_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

REDIS_URL = _redis("REDIS_URL")
DATABASE_URL = _text("DATABASE_URL")
DATABASE_POOL_SIZE = _number("DATABASE_POOL_SIZE", 20, low=2, high=500)
DATABASES = {"default": _database(DATABASE_URL or "postgresql://localhost/aftercare")}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "helpdesk.apps.HelpdeskConfig",
    "helpdesk.accounts",
    "helpdesk.events",
    "tickets",
    "inbox",
    "helpdesk.notifications",
    "integrations.commerce",
    "automation",
    "integrations.chat",
    "integrations.demo_store",
    "integrations",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "helpdesk.web.RequestLogMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "helpdesk.accounts.sessions.SeenMiddleware",
    "csp.middleware.CSPMiddleware",
]
ROOT_URLCONF = "helpdesk.urls"
ASGI_APPLICATION = "helpdesk.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "helpdesk" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

# --- Signing in -----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "helpdesk.accounts.adapter.ClosedSignup"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
MFA_ADAPTER = "helpdesk.accounts.adapter.TwoFactor"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an admin makes the account: the address is known
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {
    "account_reset_password_from_key": f"{PUBLIC_URL}/reset/{{key}}",
    "account_confirm_email": f"{PUBLIC_URL}/verify/{{key}}",
    "account_signup": f"{PUBLIC_URL}/login",
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 7 * 24 * 60 * 60
SESSION_COOKIE_NAME = "__Host-sid" if IS_HTTPS else "sid"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"

# --- Headers ---------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = IS_HTTPS and _flag("AFTERCARE_REDIRECT_TO_HTTPS", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", PUBLIC_URL.replace("http", "ws", 1)],
        "frame-src": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
}
# Prefixes like http://shop.internal:8080/ that outgoing HTTP may reach although not public.
HTTP_ALLOWED_PREFIXES = _list("AFTERCARE_HTTP_ALLOWED_PREFIXES")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_PERMISSIONS = 0o640

# --- Files -----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise looks for it at start
APP_BUILD_DIR = BASE_DIR / "frontend" / "inbox" / "build"
WIDGET_BUILD_DIR = BASE_DIR / "frontend" / "widget" / "build"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/_app/immutable/"
WHITENOISE_ROOT = APP_BUILD_DIR if APP_BUILD_DIR.exists() else None
BLOB_DIR = DATA_DIR / "blobs"
MAX_ATTACHMENT_BYTES = _number("AFTERCARE_MAX_ATTACHMENT_BYTES", 25 * 1024 * 1024, low=1024)

# --- API -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "helpdesk.accounts.authentication.TokenAuthentication",
        "helpdesk.accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["helpdesk.lib.json_body.JsonBody"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "helpdesk.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Aftercare API",
    "VERSION": "1",
    "DESCRIPTION": "Everything the agent app does, for your own scripts.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "EitherTicketEnum": "tickets.api.inputs.EITHER",
        "OrderActionKindEnum": "integrations.commerce.api.acting.KINDS",
        "ShipmentStatusEnum": "integrations.commerce.models.ShipmentStatus",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "helpdesk.lib.schema.add_components",
    ],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # `make check` validates the schema in a step of its own
}

# --- Work in the background ---------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://here/"  # kombu warns about an address without a host
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 300, "socket_connect_timeout": 2, "socket_timeout": 10}
    if REDIS_URL
    else {"polling_interval": 0.02}
)
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # however long Redis is away
CELERY_TASK_IGNORE_RESULT = True
CELERY_IMPORTS = ("helpdesk.sweep",)
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "celery.beat.Scheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
SWEEP_SECONDS = _number("AFTERCARE_SWEEP_SECONDS", 5, low=1, high=15)
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "helpdesk.sweep", "schedule": float(SWEEP_SECONDS)}}
CHANNEL_LAYERS: dict[str, Any] = (
    {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    if REDIS_URL
    else {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
)

# --- Mail ----------------------------------------------------------------------------------------
SMTP_LISTEN = _host_and_port(
    "AFTERCARE_SMTP_LISTEN"
)  # host:port of our own SMTP listener; empty: none

# --- Logs: structured, ids not contents ---------------------------------------------------------
LOG_LEVEL = _one_of("AFTERCARE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING_CONFIG = "helpdesk.logs.configure"
LOGGING = {"level": LOG_LEVEL, "as_json": _flag("AFTERCARE_LOG_JSON", default=True)}
