"""Checks of what OpenRisk depends on: mail, traces, workers, a temporary folder, names."""

import socket
import tempfile
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from monitoring.health import queue_status
from openrisk import env
from openrisk.accounts.models import Organization
from openrisk.diagnosis.check_result import CheckResult, failure, ok, warning
from openrisk.tasks import schedules
from openrisk.tasks.models import Lease

TIMEOUT_SECONDS = 2
LATE_SECONDS = 600
RECENT = timedelta(days=1)


def check_temporary_folder() -> CheckResult:
    """Uploads and workbooks are written there first."""
    try:
        with tempfile.TemporaryFile():
            return ok("temporary", tempfile.gettempdir())
    except OSError as error:
        return failure(
            "temporary",
            f"no folder can be written to ({error.strerror})",
            "Mount a writable /tmp, or set TMPDIR to a folder that is writable.",
        )


def check_attachments() -> CheckResult:
    """Whether files can be stored; of another storage than a folder, nothing is known here."""
    storage = storages["attachments"]
    if not isinstance(storage, FileSystemStorage):
        return ok("attachments", f"in {type(storage).__name__}")
    folder = storage.location
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            return ok("attachments", f"{folder} can be written to")
    except OSError as error:
        return failure(
            "attachments",
            f"{folder} cannot be written to ({error.strerror})",
            f"Let the user who runs OpenRisk write to {folder}, or set ATTACHMENTS_DIR.",
        )


def check_mail() -> CheckResult:
    if "smtp" not in settings.EMAIL_BACKEND:
        return ok("mail", "written to the log (EMAIL_URL)")
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    return check_reachable("mail", host, port, "Correct EMAIL_URL: until then no message goes out.")


def check_traces() -> CheckResult:
    if not settings.TRACES_ENDPOINT:
        return ok("traces", "not made (OTEL_EXPORTER_OTLP_ENDPOINT)")
    parts = urlsplit(settings.TRACES_ENDPOINT)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    advice = "Start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT."
    return check_reachable("traces", parts.hostname or "", port, advice)


def check_reachable(subject: str, host: str, port: int, advice: str) -> CheckResult:
    try:
        socket.create_connection((host, port), TIMEOUT_SECONDS).close()
    except OSError as error:
        return warning(subject, f"{host}:{port} is not reachable: {error}", advice)
    return ok(subject, f"{host}:{port} answers")


def check_tasks() -> CheckResult:
    """Work that has waited for long, or failed."""
    waited = max(
        [queue_status.read_queue_status().oldest_seconds, *schedules.schedule_lateness().values()]
    )
    if waited > LATE_SECONDS:
        alive = Lease.objects.live().count()
        return warning(
            "tasks",
            f"work has waited for {waited / 60:.0f} minutes; {alive} workers are alive",
            "Start `manage.py worker`, or look at `manage.py tasks_list`.",
        )
    failed = DBTaskResult.objects.filter(
        status=TaskResultStatus.FAILED, finished_at__gt=timezone.now() - RECENT
    ).count()
    if failed:
        advice = "Look at `manage.py tasks_list --status failed`."
        return warning("tasks", f"{failed} failed within a day", advice)
    return ok("tasks", "nothing waits for long, nothing failed within a day")


def check_names() -> CheckResult:
    """Settings that are misspelt, and organizations that do not exist."""
    misspelt = [f"{name} (for {meant}?)" for name, meant in env.misspelt().items()]
    if misspelt:
        return warning("names", f"not read: {', '.join(misspelt)}", "Correct or remove them.")
    given = set(settings.METRICS_ORGANIZATIONS)
    unknown = given - set(Organization.objects.values_list("slug", flat=True))
    if unknown:
        detail = f"METRICS_ORGANIZATIONS names {', '.join(sorted(unknown))}, which do not exist"
        return warning("names", detail, "Write short names of organizations.")
    return ok("names", "of settings and organizations are known")
