"""All settings, in reading order: place, security, apps, database, cache, requests, API, logs.

Differences between machines are values from the environment (`.env.example` lists them all),
never other modules.
"""

from datetime import timedelta
from pathlib import Path

import structlog

from openrisk import __version__, env
from openrisk.database import addresses
from openrisk.database.profiles import MOST_THREADS, PROFILES, fitting_threads
from openrisk.server.limits import JSON_BODY
from openrisk.telemetry import logs, tracing

# --- Place -----------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")  # everything generated lives here
env.require_temporary_folder(VAR_DIR / "tmp")

# --- Security --------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY", VAR_DIR / "secret_key")
# Those before it, while it is replaced: what they have signed still counts (docs/operations.md).
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
# Where people reach it, for links in mail and messages; by default HOST and PORT (below).
SITE_URL = env.origin("SITE_URL")
CSRF_TRUSTED_ORIGINS = [*env.origins("CSRF_TRUSTED_ORIGINS"), *filter(None, [SITE_URL])]
# Served over TLS as soon as one of these says https: cookies are then never sent in clear.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = any(
    origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS
)
# Addresses of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
SESSION_COOKIE_NAME = "openrisk_session"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_ENGINE = (
    "openrisk.accounts.credentials.sessions"  # in the database: never a cache, a logout must hold
)
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())  # only where TLS is spoken
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Apps ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "openrisk",
    "openrisk.accounts",
    "openrisk.api",
    "openrisk.tasks",
    "risks",
    "dashboards",
    "marketplace",
    "monitoring",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "knox",
    "django_htmx",
    "django_prometheus",
    "django_tasks",
    "django_tasks_db",
    "openrisk.caching",  # last: it connects what the others declare
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# INCLUDE columns of an index exist on PostgreSQL only; SQLite does without the index.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

# --- Database (docs/operations.md) ---------------------------------------------------------------
POOL_PROFILE = env.choice("POOL_PROFILE", tuple(PROFILES))
DATABASE_PROFILE = PROFILES[POOL_PROFILE]
# Threads share the connections of a pool, instead of each keeping one.
DATABASE_POOL = env.flag("DATABASE_POOL")
# Connections of all processes together; more are refused at start.
DATABASE_BUDGET = env.integer("DATABASE_BUDGET", DATABASE_PROFILE.budget, maximum=10_000)
# Statements are ended in time. `manage.py serve` turns this on for its processes; commands, which
# people watch, take as long as they take.
DATABASE_TIMEOUTS = env.flag("DATABASE_TIMEOUTS")
# The server itself, where DATABASE_URL is pgbouncer: for what lasts longer than a transaction.
DATABASE_DIRECT_URL = addresses.postgres_address("DATABASE_DIRECT_URL")
DATABASES = {
    "default": {
        **addresses.database_settings(
            "DATABASE_URL",
            f"sqlite:///{VAR_DIR / 'openrisk.sqlite3'}",
            needed=POOL_PROFILE == "prod",
        ),
        "CONN_MAX_AGE": DATABASE_PROFILE.conn_max_age,
        "CONN_HEALTH_CHECKS": True,
    }
}
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["OPTIONS"] = {
        # A transaction takes the write lock when it begins: two writers wait for each other
        # instead of failing half-way with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Without temp_store=MEMORY: with it, each statement ends by walking through every page that
        # the savepoint around it has put aside, so that writing many rows takes quadratic time.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
            "PRAGMA cache_size=-32000; PRAGMA recursive_triggers=ON;"
        ),
    }
else:
    # What DATABASE_URL says behind its ? counts: sslmode, target_session_attrs, ...
    url_options = DATABASES["default"]["OPTIONS"]
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        "application_name": "openrisk",
        **url_options,
    }
    if DATABASE_DIRECT_URL:
        # Cursors and options of a session: a pooler gives the session to someone else.
        DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        of_profile = DATABASE_PROFILE.options(timeouts=DATABASE_TIMEOUTS)
        DATABASES["default"]["OPTIONS"]["options"] = " ".join(
            filter(None, (of_profile, url_options.get("options")))
        )
    if DATABASE_POOL:
        DATABASES["default"]["CONN_MAX_AGE"] = 0  # Django refuses both
        DATABASES["default"]["OPTIONS"]["pool"] = DATABASE_PROFILE.pool()

# --- Cache (docs/caching.md) -------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
# redis, memory (of each process), none, or the dotted path of a cache backend that keeps bytes.
CACHE_BACKEND = env.text("CACHE_BACKEND", "redis" if REDIS_URL else "memory")
CACHE_CONSISTENCY = env.choice("CACHE_CONSISTENCY", ("strict", "push"))
CACHE_MEMORY_BYTES = 64 * 1024 * 1024  # of each process
CACHE_TTL_RISKS = env.integer("CACHE_TTL_RISKS", 300, maximum=86_400)
CACHE_TTL_DASHBOARDS = env.integer("CACHE_TTL_DASHBOARDS", 600, maximum=86_400)
CACHE_TTL_CONNECTORS = env.integer("CACHE_TTL_CONNECTORS", 900, maximum=86_400)
CACHE_TTL_APPS = env.integer("CACHE_TTL_APPS", 1200, maximum=86_400)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    **env.response_cache(CACHE_BACKEND, REDIS_URL),
}

# --- Requests --------------------------------------------------------------------------------
ROOT_URLCONF = "openrisk.urls"
WSGI_APPLICATION = "openrisk.wsgi.application"
MIDDLEWARE = [
    "openrisk.api.middleware.request_context.RequestIdMiddleware",
    "openrisk.api.middleware.request_context.TrustedProxyMiddleware",
    "openrisk.api.middleware.body_limits.BodyLimitMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "openrisk.caching.freshness.recorder.RecorderMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "openrisk.api.middleware.privacy_headers.PrivacyHeadersMiddleware",
    "openrisk.api.middleware.request_context.ContentSecurityPolicyMiddleware",
    "openrisk.pages.static_files.CompressedStaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "openrisk.api.middleware.request_context.NullCharacterMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "openrisk.accounts.middleware.SessionUserMiddleware",
    "openrisk.accounts.history.AccountHistoryMiddleware",
    "openrisk.accounts.credentials.passwords.PasswordChangeRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "monitoring.metrics.middleware.RequestMetrics",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openrisk.pages.accounts.organization_addresses.organization_of_page",
                "openrisk.pages.display.shell_of_page",
            ],
        },
    }
]
CSRF_FAILURE_VIEW = "openrisk.pages.accounts.sign_in.csrf_failure"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"
# Length and a list of what is tried first, as NIST SP 800-63B advises, and no rules about kinds of
# characters: those are met by Sommer2026 (SECURITY.md).
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in (
            "UserAttributeSimilarityValidator",
            "CommonPasswordValidator",
            "NumericPasswordValidator",
        )
    ),
]
# Of a body without its files. Each address has a limit of its own (openrisk.server.limits).
DATA_UPLOAD_MAX_MEMORY_SIZE = JSON_BODY
FILE_UPLOAD_HANDLERS = ["openrisk.api.middleware.body_limits.FileUploadHandler"]

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # no collectstatic step
WHITENOISE_AUTOREFRESH = DEBUG

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "openrisk.formats"

# --- Admin (navigation and style sheet: openrisk.admin.site) ----------------------------------
UNFOLD = {
    "SITE_TITLE": "OpenRisk",
    "SITE_HEADER": "OpenRisk",
    "SITE_SUBHEADER": "Administration",
    "DASHBOARD_CALLBACK": "risks.admin.overview.overview_context",
}

# --- API -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "openrisk.api.accounts.authentication.TokenAuthentication",
        "openrisk.api.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["openrisk.api.accounts.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["openrisk.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["openrisk.api.parsers.OrjsonParser"],
    "DEFAULT_PAGINATION_CLASS": "openrisk.api.pagination.Pagination",
    "DEFAULT_FILTER_BACKENDS": ["openrisk.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "openrisk.api.schema.generator.Schema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_FORMATTER_CLASS": "openrisk.api.problems.ProblemFormatter",
    "EXCEPTION_HANDLER_CLASS": "openrisk.api.problems.ProblemHandler",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105  a model's name
# Its own migrations make a token table that nothing uses and that keeps PostgreSQL from flushing.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "TOKEN_PREFIX": "or_"}
SPECTACULAR_SETTINGS = {
    "TITLE": "OpenRisk API",
    "DESCRIPTION": "Risk register, treatment, assets, controls and findings. Errors are RFC 9457 "
    "problem details.",
    "VERSION": __version__,
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "openrisk.api.schema.generator.finish",
    ],
    "ENUM_NAME_OVERRIDES": {
        "BulkKindEnum": "risks.models.BulkKind",
        "BulkStateEnum": "risks.models.BulkState",
        "AccountEventKind": "openrisk.accounts.models.AccountEventKind",
        "Level": "risks.models.Level",
        "RiskStatus": "risks.models.Status",
        "RiskTreatment": "risks.models.Treatment",
        "RiskSource": "risks.models.Source",
        "AcceptanceStatus": "risks.models.AcceptanceStatus",
        "MitigationStatus": "risks.models.MitigationStatus",
        "ControlStatus": "risks.models.ControlStatus",
        "ProposalStatus": "risks.models.ProposalStatus",
        "FindingState": "risks.models.FindingState",
        "Severity": "risks.models.Severity",
        "SuggestionStatus": "risks.models.SuggestionStatus",
        "RunStatus": "risks.models.RunStatus",
        "AppState": "marketplace.models.AppState",
        "SyncStatus": "marketplace.models.SyncStatus",
        "AlertStatus": "monitoring.api.serializers.STATUSES",
        "SyncMode": "marketplace.models.SyncMode",
        "DeliveryStatus": "marketplace.models.DeliveryStatus",
        "Maturity": "marketplace.connectors.base.MATURITIES",
    },
}

# --- Tasks and mail --------------------------------------------------------------------------
# A queue for each organization (docs/tasks.md), so their names are not known here.
TASKS = {"default": {"BACKEND": "openrisk.tasks.backend.Backend", "QUEUES": []}}
vars().update(env.email("EMAIL_URL", "consolemail://"))
EMAIL_TIMEOUT = 30  # seconds; a mail server that hangs would stop the worker
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.mailbox("DEFAULT_FROM_EMAIL", "openrisk@localhost")

# --- Marketplace -----------------------------------------------------------------------------
# The first encrypts the secrets of connectors, all of them decrypt.
ENCRYPTION_KEYS = env.keys("ENCRYPTION_KEYS") or [
    env.secret("ENCRYPTION_KEY", VAR_DIR / "encryption_key")
]
# Networks that connectors may reach although they are private, e.g. 10.1.0.0/16.
MARKETPLACE_ALLOWED_NETWORKS = env.networks("MARKETPLACE_ALLOWED_NETWORKS")
MEDIA_ROOT = VAR_DIR / "files"  # reports that wait to be read

# --- Attachments (docs/attachments.md; ATTACHMENT_MB is in openrisk.server.limits) --------------
ATTACHMENTS_DIR = env.folder("ATTACHMENTS_DIR", VAR_DIR / "attachments")
# Megabytes that the attachments of one organization have together.
ATTACHMENTS_QUOTA_MB = env.integer("ATTACHMENTS_QUOTA_MB", 10_000, maximum=100_000_000)
_FILES = "django.core.files.storage.FileSystemStorage"
_PRIVATE = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
# Files are named by their content, so to write one again changes nothing.
_NAMED_BY_CONTENT = {"location": ATTACHMENTS_DIR, "allow_overwrite": True, **_PRIVATE}
STORAGES = {
    "default": {"BACKEND": _FILES},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "attachments": {"BACKEND": _FILES, "OPTIONS": _NAMED_BY_CONTENT},
}

# --- Server (read by `manage.py serve`) ------------------------------------------------------
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000)
# Who listens everywhere is reached on this machine.
LOCAL_HOST = "127.0.0.1" if HOST in ("0.0.0.0", "::") else HOST  # noqa: S104
SITE_URL = SITE_URL or f"http://{f'[{LOCAL_HOST}]' if ':' in LOCAL_HOST else LOCAL_HOST}:{PORT}"
WORKERS = env.integer("WORKERS", 2, maximum=64)
# Per worker; by default as many as the budget of connections allows, at most four.
THREADS = env.integer(
    "THREADS",
    fitting_threads(workers=WORKERS, budget=DATABASE_BUDGET, pushed=CACHE_CONSISTENCY == "push")
    if "postgresql" in DATABASES["default"]["ENGINE"]
    else MOST_THREADS,
    maximum=128,
)
METRICS_PORT = env.integer("METRICS_PORT", 9464)
# Slugs of organizations whose risks are counted by organization too; each adds series.
METRICS_ORGANIZATIONS = env.slugs("METRICS_ORGANIZATIONS")
# What Alertmanager shows when it posts alerts; without it none are taken.
ALERTS_TOKEN = env.password("ALERTS_TOKEN")
# Seconds between saying "not ready any more" and stopping, for proxies to notice.
DRAIN_SECONDS = env.integer("DRAIN_SECONDS", 0, minimum=0, maximum=300)
DRAIN_FILE = VAR_DIR / f"draining-{PORT}"  # there while this installation is about to stop

# --- Logs: one line an event, keyed, on stderr ------------------------------------------------
# Traces are made where there is a collector (openrisk/telemetry/tracing.py).
TRACES_ENDPOINT = env.address(
    "OTEL_EXPORTER_OTLP_ENDPOINT", ("http", "https"), "http://127.0.0.1:4318"
)
LOG_FORMAT = env.choice("LOG_FORMAT", ("logfmt", "json"))
LOG_LEVEL = env.choice("LOG_LEVEL", ("info", "debug", "warning", "error")).upper()
# A line for each request (monitoring/metrics/access_log.py).
ACCESS_LOG = env.flag("ACCESS_LOG")
_CONTEXT = [*([tracing.name_trace] if TRACES_ENDPOINT else []), *logs.CONTEXT]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "keyed": {"()": lambda: logs.create_formatter(LOG_FORMAT, _CONTEXT)},
    },
    "filters": {
        "client_faults": {"()": "openrisk.telemetry.logs.ClientFaults"},
        "outages": {"()": "openrisk.api.middleware.database_retry.ShortenDatabaseErrors"},
        "invitations": {"()": "openrisk.telemetry.logs.HideInvitations"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "keyed",
            "filters": ["client_faults", "outages", "invitations"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        # At the level debug it would log every statement, with what people wrote.
        "django.db.backends": {"level": "INFO"},
        # It would log addresses as they are, with the tokens that some of them hold.
        "httpcore": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[*_CONTEXT, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
