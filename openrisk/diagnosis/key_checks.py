"""Checks of keys: who can read them, whether all nodes have the same, what they open."""

import stat
from collections.abc import Iterator

from django.conf import settings

from marketplace.installations import encryption
from marketplace.models import InstalledApp
from openrisk import env
from openrisk.accounts import key_fingerprints
from openrisk.diagnosis.check_result import CheckResult, failure, ok, warning

FILES = {"secret key": ("SECRET_KEY",), "encryption key": ("ENCRYPTION_KEYS", "ENCRYPTION_KEY")}


def check_key_file(subject: str) -> CheckResult:
    """The key in the environment, or its file, which its owner alone may read."""
    if any(env.text(name) for name in FILES[subject]):
        return ok(subject, "from the environment")
    file = settings.VAR_DIR / subject.replace(" ", "_")
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077 == 0:
        return ok(subject, f"{file} (mode {mode:04o})")
    return failure(
        subject,
        f"{file} can be read by others (mode {mode:04o})",
        f"Run `chmod 600 {file}`; if others may have read it, replace it (docs/operations.md).",
    )


def check_same_keys() -> CheckResult:
    if problems := list(key_fingerprints.find_differences()):
        what, advice = problems[0]
        return failure("keys", what, advice)
    return ok("keys", "those that this database was used with")


def check_stored_secrets() -> CheckResult:
    """Whether the secrets of connectors can still be read."""
    apps = InstalledApp.objects.exclude(secrets="")
    unreadable = [app.name for app in apps if not _is_readable(app.secrets)]
    if not unreadable:
        return ok("stored secrets", f"of {len(apps)} apps, all readable")
    return failure(
        "stored secrets",
        f"{len(unreadable)} of {len(apps)} cannot be read, first that of {unreadable[0]}",
        "Add the key that encrypted them to ENCRYPTION_KEYS, or enter the secrets again.",
    )


def _is_readable(secrets: str) -> bool:
    try:
        encryption.decrypt(secrets)
    except encryption.SecretsUnreadable:
        return False
    return True


def check_addresses() -> Iterator[CheckResult]:
    """Warnings about addresses, in production only."""
    if settings.POOL_PROFILE != "prod":
        return
    if not settings.SESSION_COOKIE_SECURE:
        yield warning(
            "cookies",
            "are sent without TLS too",
            "Set SITE_URL to the https:// address that people use.",
        )
    if all(host in ("127.0.0.1", "localhost", "[::1]") for host in settings.ALLOWED_HOSTS):
        yield warning(
            "hosts",
            "only this machine's own names are answered",
            "Set ALLOWED_HOSTS to the names by which people reach OpenRisk.",
        )
