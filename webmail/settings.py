"""Configuration: the environment is read here and nowhere else.

| Variable | Meaning | Default |
|---|---|---|
| `PLI_DATA` | folder of everything the server writes | `var` beside manage.py |
| `PLI_DOMAINS` | mail domains of this operator, comma-separated | `pli.example` |
| `PLI_ORIGINS` | origins of the web pages: https, or http on localhost | `http://localhost:8000` |
| `PLI_HOSTS` | accepted `Host` names | the hosts of `PLI_ORIGINS` |
| `PLI_DATABASE_URL` | `postgresql://…` instead of SQLite | |
| `PLI_REDIS_URL` | push and cache through Redis instead of in this process | |
| `PLI_ANCHORS`, `PLI_CRLS`, `PLI_OCSPS`, `PLI_OPERATOR_CA` | folders of trust anchors, CRLs, OCSP responses, and the operator's CA | in `PLI_DATA` |
| `PLI_LOOPBACK_RESPONDERS` | `yes`: `fetch_revocation` may ask this very machine; for tests and demonstrations | no |
| `PLI_BRIDGE_PORTS` | `FIRST-LAST`: loopback ports where pages may look for a bridge | `28610-28617` |
| `PLI_SMARTHOST` | `smtp://[user:password@]host:port` for outgoing mail | a maildir, `PLI_DATA/outgoing` |
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from webmail.release import release_hash

BASE_DIR = Path(__file__).resolve().parent.parent
_MOST_BRIDGE_PORTS = 128
_FIRST_USER_PORT, _LAST_PORT = 1024, 65535


def _listed(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).resolve()


def _bridge_ports(text: str) -> range:
    """`FIRST-LAST`. Shared hosts have a bridge per person; each port makes every answer some fifty octets longer."""
    first, _, last = text.partition("-")
    ports = range(int(first), int(last or first) + 1)
    if not 0 < len(ports) <= _MOST_BRIDGE_PORTS or ports[0] < _FIRST_USER_PORT or ports[-1] > _LAST_PORT:
        raise ImproperlyConfigured("PLI_BRIDGE_PORTS")
    return ports


def _own_secret(path: Path) -> str:
    """The secret of this installation, made at the first start and readable by its user only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _database(url: str, data: Path) -> dict[str, Any]:
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data / "pli.sqlite3",
            "TEST": {"NAME": data / "test.sqlite3"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",  # one writer at a time, and no lock to upgrade in the middle
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": dict(parse_qsl(parts.query)).get("host", parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 60,
    }


PLI_DATA = _folder("PLI_DATA", BASE_DIR / "var")
PLI_DOMAINS = [domain.lower() for domain in _listed("PLI_DOMAINS", "pli.example")]
PLI_ORIGINS = _listed("PLI_ORIGINS", "http://localhost:8000")
PLI_ANCHORS = _folder("PLI_ANCHORS", PLI_DATA / "anchors")
PLI_CRLS = _folder("PLI_CRLS", PLI_DATA / "crls")
PLI_OCSPS = _folder("PLI_OCSPS", PLI_DATA / "ocsps")
PLI_LOOPBACK_RESPONDERS = os.environ.get("PLI_LOOPBACK_RESPONDERS") == "yes"
PLI_OPERATOR_CA = _folder("PLI_OPERATOR_CA", PLI_DATA / "operator-ca")
PLI_BLOBS = PLI_DATA / "blobs"
PLI_OUTGOING = PLI_DATA / "outgoing"
PLI_PUSH_SOCKET = PLI_DATA / "push.sock"
PLI_SMARTHOST = os.environ.get("PLI_SMARTHOST", "")
PLI_REDIS_URL = os.environ.get("PLI_REDIS_URL", "")

SECRET_KEY = _own_secret(PLI_DATA / "secret")
DEBUG = False
ALLOWED_HOSTS = _listed(
    "PLI_HOSTS", ",".join((urlsplit(origin).hostname or "").removeprefix("*") for origin in PLI_ORIGINS)
)

INSTALLED_APPS = ["django.contrib.sessions", "channels", "webmail"]
MIDDLEWARE = [
    "webmail.headers.SecurityHeaders",  # first, so that no answer leaves without them
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "webmail.urls"
ASGI_APPLICATION = "webmail.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
            ]
        },
    }
]

DATABASES = {"default": _database(os.environ.get("PLI_DATABASE_URL", ""), PLI_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": PLI_REDIS_URL}
    if PLI_REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [PLI_REDIS_URL]}}
    if PLI_REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# Static files are served as they stand in the tree, under an address that changes with their content.
STATIC_ROOT = BASE_DIR / "static"
STATIC_URL = f"/static/{release_hash(STATIC_ROOT)}/"

_SECURE = all(origin.startswith("https://") for origin in PLI_ORIGINS)
CSRF_TRUSTED_ORIGINS = PLI_ORIGINS
CSRF_FAILURE_VIEW = "webmail.web.json_views.csrf_failure"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = _SECURE  # http exists on localhost only
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-pli_session" if _SECURE else "pli_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 72 * 2**20
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # never a temporary file

PLI_BRIDGE_PORTS = _bridge_ports(os.environ.get("PLI_BRIDGE_PORTS") or "28610-28617")
PLI_CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "connect-src": " ".join(
        ["'self'", *(f"{scheme}://127.0.0.1:{port}" for scheme in ("ws", "http") for port in PLI_BRIDGE_PORTS)]
    ),
    "worker-src": "'self'",
    "frame-src": "'self'",
    "img-src": "'self' blob: data:",
    "style-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "lit-html dompurify pli",
}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": "webmail.logs.DiscreetFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "webmail": {"level": "INFO"},
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
