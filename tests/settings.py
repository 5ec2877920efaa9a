"""The project's settings for tests: SQLite in memory or TEST_DATABASE_URL, and files of their own.

What the developer's environment says about databases and folders does not count here.
"""

import atexit
import os
import shutil
import tempfile

if "TEST_VAR_DIR" not in os.environ:  # set by `python -m tests`, and for pytest-xdist's workers
    os.environ["TEST_VAR_DIR"] = tempfile.mkdtemp(prefix="openrisk-tests-")
    atexit.register(shutil.rmtree, os.environ["TEST_VAR_DIR"], ignore_errors=True)

for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(f"{name}_FILE", None)
    os.environ.pop(name, None)
    if url := os.environ.get(f"TEST_{name}"):
        os.environ[name] = url
os.environ["VAR_DIR"] = os.environ["TEST_VAR_DIR"]

from openrisk.settings import *  # noqa: E402, F403

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]  # noqa: F405
if "sqlite3" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405
elif "TEST_DATABASE_TEMPLATE" in os.environ:  # set by `python -m tests`: migrated already
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["TEST_DATABASE_TEMPLATE"]}  # noqa: F405
# Each request of the test client raises NPlusOneError when one line loads row by row.
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]  # noqa: F405
# Each test client builds its middleware, and would list all static files while it does.
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a slow one proves nothing
# Two reads, not N: Django's logout reads the session again when it replaces the key; an import
# reads the counter of risks and that of mitigations; the cache believes in a session's user whom it
# has read twice, with the tokens in between.
ZEAL_ALLOWLIST = [
    {"model": "sessions.Session", "field": "get()"},
    {"model": "risks.ReferenceCounter", "field": "get()"},
    {"model": "accounts.User", "field": "get()"},
]
