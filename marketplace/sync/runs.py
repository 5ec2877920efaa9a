"""Runs of apps: queued, read, previewed, applied, taken back. They say what they did, no more."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from uuid import UUID

import structlog
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.connectors.base import Capability, Connector, UnreadableReport
from marketplace.installations.configuration import report_address
from marketplace.installations.lifecycle import READY
from marketplace.models import AppState, Failure, InstalledApp, SyncMode, SyncRun, SyncStatus
from marketplace.registry import available_connectors
from marketplace.sync.probe import SourceFailed, SourceReport, fetch_report, load_configuration
from marketplace.sync.to_records import RecordBuilder, Survey, survey_report
from openrisk.accounts.models import User
from openrisk.errors import Conflict, FileTooLarge
from openrisk.limits import LONG_TEXT
from risks.history import recorded
from risks.import_runs import lifecycle
from risks.import_runs import undo as undoing
from risks.models import Finding, ImportRun, RowAction, Source
from risks.registers import upload
from risks.registers.results import ImportFileError
from risks.services import proposals, rows
from risks.text import shorten_text

SMALL = 0.1  # of what the last run had: less is more likely a fault than good news
MOST_LOG = 200
FINDING = Finding._meta.label_lower
COUNTS = ("created", "updated", "unchanged", "closed", "rejected")

# What to know before a step that is hard to take back.
APPLY_WARNING = (
    "The register changes as the preview shows. You can undo this until someone edits what the run "
    "wrote."
)
UNDO_WARNING = (
    "What the run created is deleted, and what it changed is as it was before. It is refused where "
    "someone has edited that since."
)


UNFINISHED = (SyncStatus.QUEUED, SyncStatus.RUNNING)

log = structlog.get_logger(__name__)


class AppBusy(Exception):
    """Another run of this app is under way."""


# --- Queueing -------------------------------------------------------------------------------------
def queue_run(
    *,
    actor: User | None,
    app: InstalledApp,
    mode: str = SyncMode.PREVIEW,
    file: IO[bytes] | None = None,
    file_name: str = "",
    schedule: str = "",
) -> SyncRun:
    """A run that waits for `execute`. Without `file` the source is fetched.

    Raises Conflict, and FileTooLarge where the file is larger than the connector's reports are.
    """
    connector = available_connectors()[app.connector]
    _check_runnable(app, connector)
    if file is not None:
        _check_size(file, connector)
    if file is None and not report_address(connector, app.settings):
        raise Conflict("This connector reads files. Upload one, or configure an address.")
    sync_run = SyncRun(
        organization=app.organization,
        app=app,
        mode=mode,
        actor=actor,
        schedule=schedule,
        file_name=shorten_text(file_name, 255),
    )
    if file is not None:
        sync_run.report.save(f"{sync_run.pk}.report", File(file), save=False)
    with recorded(actor=actor):
        sync_run.save()
    return sync_run


def _check_size(file: IO[bytes], connector: Connector) -> None:
    """Before it is kept for the worker."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > connector.largest_report:
        most = connector.largest_report // 1024**2
        raise FileTooLarge(f"A report for {connector.name} has at most {most} MB. Split it.")


def _check_runnable(app: InstalledApp, connector: Connector) -> None:
    if Capability.NOTIFICATION in connector.capabilities:
        raise Conflict("This connector sends messages: there is nothing to read.")
    if app.state not in READY:
        state = AppState(app.state).label.lower()
        raise Conflict(f"This app is {state}. Configure it, test it, then run it.")


# --- Carrying out ---------------------------------------------------------------------------------
def execute_run(pk: UUID, *, last_attempt: bool = True) -> SyncRun:
    """Read the source and preview, and apply where the run is to. The outcome stands in the run.

    Raises Busy while another run of the app is under way. Unless this is the last attempt, raises
    SourceFailed and whatever was not expected, for the caller to try again later.
    """
    sync_run = _begin(pk)
    if sync_run.status != SyncStatus.RUNNING:
        return sync_run  # carried out before
    try:
        _read(sync_run, available_connectors()[sync_run.app.connector])
    except SourceFailed as error:
        if not (error.lasting or last_attempt):
            _wait(sync_run, error.message)
            raise
        _fail(sync_run, error.failure, error.message)
    except UnreadableReport as error:
        place = f"Row {error.row}: " if error.row else ""
        _fail(sync_run, Failure.REPORT, place + error.message)
    except ImportFileError as error:
        _fail(sync_run, Failure.REPORT, error.message)
    except Conflict as error:
        _fail(sync_run, Failure.REGISTER, " ".join(error.reasons))
    # The boundary to connectors: a run that stays "running" would keep its app from ever running.
    except Exception as error:
        message = _unexpected(error, sync_run)
        if not last_attempt:
            _wait(sync_run, message)
            raise
        log.exception("sync_failed", run=str(pk), connector=sync_run.app.connector)
        _fail(sync_run, Failure.INTERNAL, message)
    return sync_run


def _unexpected(error: Exception, sync_run: SyncRun) -> str:
    """The kind of the error alone: its text may hold what the report or the configuration says."""
    reason = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
    return (
        f"OpenRisk met something that it did not expect ({reason}) while it ran the connector "
        f"{sync_run.app.connector}. Run the app again. If this repeats, give run {sync_run.pk} "
        "to your operator: the log has the details."
    )


def end_abandoned_run(pk: UUID) -> bool:
    """End a run that no task will carry out any more, as failed; whether it was still waiting."""
    with transaction.atomic():
        sync_run = SyncRun.objects.select_for_update(of=("self",)).get(pk=pk)
        if sync_run.status not in UNFINISHED:
            return False
        _fail(
            sync_run,
            sync_run.failure or Failure.INTERNAL,
            "Its task ended without carrying it out: another run of the app was under way, or the "
            "worker or the database failed each time. Run the app again.",
        )
    return True


def _begin(pk: UUID) -> SyncRun:
    try:
        with transaction.atomic():
            sync_run = SyncRun.objects.select_for_update(of=("self",)).get(pk=pk)
            if sync_run.status in UNFINISHED:
                sync_run.status = SyncStatus.RUNNING
                sync_run.started_at = timezone.now()
                sync_run.attempts += 1
                sync_run.save(update_fields=["status", "started_at", "attempts"])
    except IntegrityError:
        raise AppBusy from None
    return SyncRun.objects.select_related("app", "organization", "actor").get(pk=pk)


def _wait(sync_run: SyncRun, reason: str) -> None:
    _say(sync_run, f"Attempt {sync_run.attempts} failed: {reason} It will be tried again.")
    sync_run.status = SyncStatus.QUEUED
    sync_run.save(update_fields=["status", "log"])


def _fail(sync_run: SyncRun, failure: str, message: str) -> None:
    sync_run.failure, sync_run.error = failure, message
    _say(sync_run, message)
    with recorded(actor=sync_run.actor):
        _finish(sync_run, SyncStatus.FAILED)
        app = rows.lock_for_update(sync_run.app)
        if failure in (Failure.CONNECTION, Failure.CREDENTIAL) and app.state in READY:
            rows.save_fields(app, {"state": AppState.ERROR.value, "reason": message})


def _say(sync_run: SyncRun, text: str) -> None:
    line = {"at": timezone.now().isoformat(timespec="seconds"), "text": text}
    sync_run.log = [*sync_run.log, line][-MOST_LOG:]


def _finish(sync_run: SyncRun, status: str) -> None:
    """The uploaded file has served; what it said stands in the rows."""
    sync_run.status, sync_run.finished_at = status, timezone.now()
    if sync_run.report:
        sync_run.report.delete(save=False)
    sync_run.save()


def _read(sync_run: SyncRun, connector: Connector) -> None:
    configuration = load_configuration(sync_run.app)
    with _report(sync_run, connector, configuration) as report:
        sync_run.sha256 = report.sha256
        sync_run.file_name = sync_run.file_name or shorten_text(report.name, 255)
        found = survey_report(connector.read_report(report.file, configuration, name=report.name))
        sync_run.items = found.items
        _say(sync_run, f"Read {found.items} entries from {sync_run.file_name or 'the source'}.")
        report.file.seek(0)
        suspicion = _suspicion(sync_run)
        records = RecordBuilder(sync_run.organization, found)
        sync_run.import_run = _preview(sync_run, connector, configuration, report, records)
        if records.repeated:
            _say(
                sync_run, f"{records.repeated} findings are in the report twice; each counts once."
            )
        if records.shortened:
            _say(
                sync_run,
                f"{records.shortened} texts had more than {LONG_TEXT:,} characters: they are cut "
                "and end with …",
            )
    _conclude(sync_run, suspicion)


@contextmanager
def _report(
    sync_run: SyncRun, connector: Connector, configuration: dict[str, Any]
) -> Iterator[SourceReport]:
    if not sync_run.report:
        with fetch_report(connector, configuration) as report:
            yield report
        return
    with sync_run.report.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        file.seek(0)
        yield SourceReport(file, sync_run.file_name, digest)


def _suspicion(sync_run: SyncRun) -> str:
    """Why what was read should not be taken over without a person looking at it; mostly ""."""
    applied = sync_run.app.runs.filter(status=SyncStatus.APPLIED, items__gt=0)
    last = applied.order_by("-created_at", "-id").first()
    if last is None or sync_run.items > last.items * SMALL:
        return ""
    found = "nothing" if not sync_run.items else f"only {sync_run.items} entries"
    return f"The source has {found}; the last run had {last.items}. Look before you apply this."


def _preview(
    sync_run: SyncRun,
    connector: Connector,
    configuration: dict[str, Any],
    report: SourceReport,
    records: RecordBuilder,
) -> ImportRun:
    run = ImportRun(
        organization=sync_run.organization,
        source=Source.CONNECTOR,
        source_name=sync_run.app.name,
        file_name=sync_run.file_name or sync_run.app.name,
        sha256=sync_run.sha256,
        looked_at=_looked_at(sync_run, records.survey),
    )
    if table := records.survey.table:
        read = upload.read_into_run(run, table.table, table.mapping or None)
        return lifecycle.start_run(actor=sync_run.actor, run=run, records=read)
    run.streamed = True
    items = connector.read_report(report.file, configuration, name=report.name)
    return lifecycle.start_run(
        actor=sync_run.actor, run=run, records=records.of(items), follow_up=records.afterwards
    )


def _looked_at(sync_run: SyncRun, found: Survey) -> Any:
    """When the source looked. A file without a time that was applied before was not made anew."""
    if found.looked_at:
        return min(found.looked_at, timezone.now())
    same = sync_run.app.runs.filter(sha256=sync_run.sha256, status=SyncStatus.APPLIED)
    before = same.order_by("-created_at").select_related("import_run").first()
    return before.import_run.looked_at if before and before.import_run else timezone.now()


def _conclude(sync_run: SyncRun, suspicion: str) -> None:
    sync_run.counts = count_changes(sync_run.import_run)
    if suspicion:
        _say(sync_run, suspicion)
        sync_run.error = suspicion
        _finish(sync_run, SyncStatus.QUARANTINED)
    elif sync_run.mode == SyncMode.APPLY:
        _apply(sync_run, sync_run.actor)
    else:
        _finish(sync_run, SyncStatus.PREVIEWED)
    _recovered(sync_run)


def _recovered(sync_run: SyncRun) -> None:
    """The source answers again: an app that was meant to work does."""
    app = InstalledApp.objects.get(pk=sync_run.app_id)
    if app.state == AppState.ERROR and not sync_run.failure:
        state = AppState.ENABLED if app.enabled_at else AppState.TESTED
        with recorded(actor=sync_run.actor):
            rows.save_fields(rows.lock_for_update(app), {"state": state.value, "reason": ""})


def count_changes(run: ImportRun | None) -> dict[str, int]:
    """What a run does, by word, over all that it touches."""
    if run is None:
        return dict.fromkeys(COUNTS, 0)
    total = dict.fromkeys(RowAction.values, 0)
    for actions in run.counts.values():
        for action, count in actions.items():
            total[action] += count
    closed = run.rows.filter(
        model=FINDING, action=RowAction.UPDATE, changes__state__1="resolved"
    ).count()
    return {
        "created": total[RowAction.CREATE],
        "updated": total[RowAction.UPDATE] - closed,
        "unchanged": total[RowAction.UNCHANGED],
        "closed": closed,
        "rejected": total[RowAction.ERROR],
    }


# --- What a person does with a run ----------------------------------------------------------------
def apply_run(*, actor: User | None, sync_run: SyncRun) -> SyncRun:
    """Carry out what was previewed, or what was put aside for a person to look at."""
    with recorded(actor=actor):
        sync_run = _locked(sync_run)
        if sync_run.status not in (SyncStatus.PREVIEWED, SyncStatus.QUARANTINED):
            raise Conflict(f"This run is {sync_run.status}: only a previewed one can be applied.")
        _apply(sync_run, actor)
    return sync_run


def _apply(sync_run: SyncRun, actor: User | None) -> None:
    assert sync_run.import_run is not None  # noqa: S101  it was previewed
    with recorded(actor=actor, comment=f"Sync of {sync_run.app.name}"):
        sync_run.import_run = lifecycle.apply_run(
            actor=actor, run=sync_run.import_run, skip_errors=True
        )
        proposed = proposals.propose_risks(actor=actor, organization=sync_run.organization)
        suggested = proposals.suggest_exploited(
            run=sync_run.import_run, reasons=_reasons(sync_run.import_run)
        )
        if proposed:
            _say(sync_run, f"{proposed} risks are proposed.")
        if suggested:
            _say(sync_run, f"{suggested} risks may be more likely: look at the suggestions.")
        sync_run.error = ""
        _finish(sync_run, SyncStatus.APPLIED)


def _reasons(run: ImportRun) -> dict[str, str]:
    """By CVE, of the findings that this run has marked as exploited."""
    marked = run.rows.filter(model=FINDING, changes__known_exploited__1=True)
    values = dict(marked.values_list("object_id", "values"))
    said = {pk: value.get("reason", "") for pk, value in values.items()}
    cves = Finding.objects.filter(pk__in=list(said)).values_list("pk", "rule")
    return {cve: said[pk] for pk, cve in cves}


def undo_run(*, actor: User | None, sync_run: SyncRun) -> SyncRun:
    """Take an applied run back. Conflict, with the edits, where somebody has edited since."""
    with recorded(actor=actor):
        sync_run = _locked(sync_run)
        if sync_run.status != SyncStatus.APPLIED or sync_run.import_run is None:
            raise Conflict(f"This run is {sync_run.status}: only an applied one can be undone.")
        sync_run.import_run = undoing.undo_run(actor=actor, run=sync_run.import_run)
        proposals.withdraw_suggestions(sync_run.import_run)
        proposals.withdraw_empty_proposals(sync_run.organization)
        _say(sync_run, "Undone.")
        sync_run.status = SyncStatus.UNDONE
        sync_run.save(update_fields=["status", "log"])
    return sync_run


def _locked(sync_run: SyncRun) -> SyncRun:
    locked = SyncRun.objects.select_related("app", "organization", "import_run", "actor")
    return locked.select_for_update(of=("self",)).get(pk=sync_run.pk)
