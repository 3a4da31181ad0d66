"""Settings of the server: embedded defaults, overridden by environment variables named ``TONGZHOU_…``."""

from __future__ import annotations

import os
from pathlib import Path

from tongzhou.core.home import resolve_home
from tongzhou.server.config.database import database_settings
from tongzhou.server.kernel.secrets import read_or_make_secret

HOME = resolve_home(os.environ)
PACKAGE = Path(__file__).resolve().parents[1]


def _read(name: str, default: str = "") -> str:
    return os.environ.get(f"TONGZHOU_{name}", default)


def _read_flag(name: str, default: bool) -> bool:
    return _read(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


IS_PRODUCTION = _read_flag("PRODUCTION", False)
DEBUG = _read_flag("DEBUG", False)
SECRET_KEY_FILE = HOME / "keys" / "django.key"
SECRET_KEY = read_or_make_secret(SECRET_KEY_FILE, _read("SECRET_KEY"))
ALLOWED_HOSTS = _read("HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in _read("ORIGINS").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_vite",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "tongzhou.server.kernel",
    "tongzhou.server.audit",
    "tongzhou.server.vault",
    "tongzhou.server.areas",
    "tongzhou.server.access",
    "tongzhou.server.duties",
    "tongzhou.server.people",
    "tongzhou.server.movement",
    "tongzhou.server.cases",
    "tongzhou.server.labs",
    "tongzhou.server.measures",
    "tongzhou.server.analysis",
    "tongzhou.server.planning",
    "tongzhou.server.travel",
    "tongzhou.server.playbooks",
    "tongzhou.server.exchange",
    "tongzhou.server.portal",
    "tongzhou.server.console",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tongzhou.server.kernel.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "tongzhou.server.access.middleware.ActorMiddleware",
    "tongzhou.server.access.middleware.LanguageOfAccount",
    "tongzhou.server.kernel.middleware.ErrorPages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "tongzhou.server.config.urls"
WSGI_APPLICATION = "tongzhou.server.config.wsgi.application"
ASGI_APPLICATION = "tongzhou.server.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "tongzhou.server.access.context.actor",
                "tongzhou.server.console.frame.frame",
            ],
            "builtins": ["tongzhou.server.kernel.templatetags.ui"],
        },
    }
]

DATABASES = {"default": database_settings(_read("DATABASE_URL"), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "access:login"
LOGIN_REDIRECT_URL = "/"
OTP_TOTP_ISSUER = "Tongzhou"
REQUIRE_SECOND_FACTOR = _read_flag("REQUIRE_SECOND_FACTOR", IS_PRODUCTION)
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "tongzhou.server.access.views.locked_out"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_PRODUCTION else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = _read("TIME_ZONE", "Asia/Shanghai")
LOCALE_PATHS: list[Path] = []

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [PACKAGE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": PACKAGE / "static" / "dist" / ".vite" / "manifest.json",
        "static_url_prefix": "dist",
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20 * 8
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20
FILE_UPLOAD_TEMP_DIR = None
MAX_UPLOAD_BYTES = int(_read("MAX_UPLOAD_BYTES", str(2**31)))
UPLOADS_KEPT_HOURS = int(_read("UPLOADS_KEPT_HOURS", "24"))
REJECTS_KEPT_DAYS = int(_read("REJECTS_KEPT_DAYS", "30"))

LEDGER_ROOT = HOME / "ledger"
POLICY_PACK = _read("POLICY_PACK", "cn-2022-06")
POLICY_FOLDERS = [Path(folder) for folder in _read("POLICY_FOLDERS").split(":") if folder]
ROOT_AREA = _read("ROOT_AREA", "44")
TRAVEL_KEPT_DAYS = int(_read("TRAVEL_KEPT_DAYS", "21"))
PUBLIC_POSTS_AN_HOUR = int(_read("PUBLIC_POSTS_AN_HOUR", "60"))

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"personal": {"()": "tongzhou.server.kernel.logs.MaskPersonal"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["personal"]}},
    "root": {"handlers": ["stderr"], "level": _read("LOG_LEVEL", "WARNING")},
}
