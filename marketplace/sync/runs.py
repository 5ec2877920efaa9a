"""The life of a run: queued, read, previewed, applied, undone. A run reports only what it did."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any
from uuid import UUID

import structlog
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.connectors.base import Capability, Connector, UnreadableReport
from marketplace.connectors.items import Item
from marketplace.installations.configuration import report_address
from marketplace.installations.lifecycle import READY
from marketplace.models import AppState, Failure, InstalledApp, SyncMode, SyncRun, SyncStatus
from marketplace.registry import connector_of
from marketplace.sync.feed_marks import find_newly_exploited
from marketplace.sync.probe import SourceFailed, SourceReport, fetch_report, load_configuration
from marketplace.sync.to_records import RecordBuilder, Survey, survey_report
from openrisk.accounts.models import User
from openrisk.errors import Conflict, FileTooLarge
from openrisk.limits import LONG_TEXT
from risks.history import recorded
from risks.import_runs import lifecycle, undo
from risks.models import Finding, ImportRun, RowAction, Source
from risks.registers import upload
from risks.registers.options import ReadingOptions
from risks.registers.results import ImportFileError
from risks.services import proposals, rows
from risks.text import count_text, shorten_text
from risks.vulnerabilities import forget_outdated_facts, store_facts

SUSPICIOUS_SHARE = 0.1  # of the entries of the last run: fewer are rather a fault than good news
MAX_LOG_LINES = 200
MAX_LISTED_ERRORS = 5
FINDING = Finding._meta.label_lower
COUNTS = ("created", "updated", "unchanged", "closed", "rejected")

# What to know before a step that is hard to take back.
APPLY_WARNING = (
    "The register changes as the preview shows. You can undo this until someone edits what the run "
    "wrote."
)
UNDO_WARNING = (
    "What the run created is deleted, and what it changed gets its old values back. This is not "
    "possible once someone has edited any of it."
)

UNFINISHED = (SyncStatus.QUEUED, SyncStatus.RUNNING)

log = structlog.get_logger(__name__)


class AppBusy(Exception):
    """Another run of this app is in progress."""


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
    """Add a run that waits for `execute_run`. Without `file` it will fetch the source.

    Raises Conflict, and FileTooLarge if the file is larger than the connector accepts.
    """
    connector = connector_of(app)
    if Capability.NOTIFICATION in connector.capabilities:
        raise Conflict(_("This connector sends messages and has nothing to read."))
    if app.state not in READY:
        state = app.get_state_display().lower()
        raise Conflict(
            _("This app is %(state)s. Configure it, test it, then run it.") % {"state": state}
        )
    if file is None and not report_address(connector, app.settings):
        raise Conflict(_("This connector reads files. Upload one, or configure an address."))
    sync_run = SyncRun(
        organization=app.organization,
        app=app,
        mode=mode,
        actor=actor,
        schedule=schedule,
        file_name=shorten_text(file_name, 255),
    )
    if file is not None:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size > connector.largest_report:
            limit = connector.largest_report // 1024**2
            raise FileTooLarge(f"A report for {connector.name} has at most {limit} MB. Split it.")
        sync_run.report.save(f"{sync_run.pk}.report", File(file), save=False)
    with recorded(actor=actor):
        sync_run.save()
    return sync_run


# --- Executing ------------------------------------------------------------------------------------
def execute_run(pk: UUID, *, last_attempt: bool = True) -> SyncRun:
    """Read the source and preview it, then apply it in mode apply. The run stores the outcome.

    Raises AppBusy while another run of the app is in progress. Unless this is the last attempt,
    also raises SourceFailed and any unexpected error, so that the caller tries again later.
    """
    sync_run = _start_attempt(pk)
    if sync_run.status != SyncStatus.RUNNING:
        return sync_run  # an earlier call has executed it
    try:
        _read_source(sync_run, connector_of(sync_run.app))
    except SourceFailed as error:
        if not (error.lasting or last_attempt):
            _requeue(sync_run, error.message)
            raise
        _fail_run(sync_run, error.failure, error.message)
    except UnreadableReport as error:
        row = f"Row {error.row}: " if error.row else ""
        _fail_run(sync_run, Failure.REPORT, row + error.message)
    except ImportFileError as error:
        _fail_run(sync_run, Failure.REPORT, error.message)
    except Conflict as error:
        _fail_run(sync_run, Failure.REGISTER, " ".join(error.reasons))
    # The boundary to connectors: a run that stays "running" would keep its app from ever running.
    except Exception as error:
        message = describe_unexpected_error(error, sync_run)
        if not last_attempt:
            _requeue(sync_run, message)
            raise
        log.exception("sync_failed", run=str(pk), connector=sync_run.app.connector)
        _fail_run(sync_run, Failure.INTERNAL, message)
    return sync_run


def describe_unexpected_error(error: Exception, sync_run: SyncRun) -> str:
    """Name only the kind of the error: its text may contain parts of the report or a secret."""
    reason = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
    return (
        f"An unexpected error ({reason}) ended the connector {sync_run.app.connector}. Run the app "
        f"again. If this repeats, give run {sync_run.pk} to your operator: the log has the details."
    )


def end_abandoned_run(pk: UUID) -> bool:
    """Fail a run that no task will execute any more. Returns whether it was still unfinished."""
    with transaction.atomic():
        sync_run = SyncRun.objects.select_for_update(of=("self",)).get(pk=pk)
        if sync_run.status not in UNFINISHED:
            return False
        _fail_run(
            sync_run,
            sync_run.failure or Failure.INTERNAL,
            "Its task ended without executing it: another run of the app was in progress, or the "
            "worker or the database failed each time. Run the app again.",
        )
    return True


def _start_attempt(pk: UUID) -> SyncRun:
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


def _requeue(sync_run: SyncRun, reason: str) -> None:
    _add_log_line(sync_run, f"Attempt {sync_run.attempts} failed: {reason} It will be tried again.")
    sync_run.status = SyncStatus.QUEUED
    sync_run.save(update_fields=["status", "log"])


def _fail_run(sync_run: SyncRun, failure: str, message: str) -> None:
    sync_run.failure, sync_run.error = failure, message
    _add_log_line(sync_run, message)
    with recorded(actor=sync_run.actor):
        _finish_run(sync_run, SyncStatus.FAILED)
        app = rows.lock_for_update(sync_run.app)
        if failure in (Failure.CONNECTION, Failure.CREDENTIAL) and app.state in READY:
            rows.save_fields(app, {"state": AppState.ERROR.value, "reason": message})


def _add_log_line(sync_run: SyncRun, text: str) -> None:
    line = {"at": timezone.now().isoformat(timespec="seconds"), "text": text}
    sync_run.log = [*sync_run.log, line][-MAX_LOG_LINES:]


def _finish_run(sync_run: SyncRun, status: str) -> None:
    """Also delete the uploaded file: its content is in the rows now."""
    sync_run.status, sync_run.finished_at = status, timezone.now()
    if sync_run.report:
        sync_run.report.delete(save=False)
    sync_run.save()


# --- Reading the source and previewing it ---------------------------------------------------------
def _read_source(sync_run: SyncRun, connector: Connector) -> None:
    configuration = load_configuration(sync_run.app)
    with open_report(sync_run, connector, configuration) as report:
        sync_run.sha256 = report.sha256
        sync_run.file_name = sync_run.file_name or shorten_text(report.name, 255)
        survey = survey_report(connector.read_report(report.file, configuration, name=report.name))
        sync_run.items = survey.items
        source = sync_run.file_name or "the source"
        _add_log_line(sync_run, f"Read {survey.items} entries from {source}.")
        suspicion = quarantine_reason(sync_run)
        report.file.seek(0)
        records = RecordBuilder(sync_run.organization, survey)
        items = connector.read_report(report.file, configuration, name=report.name)
        sync_run.import_run = run = _preview_report(sync_run, records, items)
    for message in describe_reading(records, run):
        _add_log_line(sync_run, message)
    sync_run.counts = count_changes(sync_run.import_run)
    if suspicion:
        _add_log_line(sync_run, suspicion)
        sync_run.error = suspicion
        _finish_run(sync_run, SyncStatus.QUARANTINED)
    elif sync_run.mode == SyncMode.APPLY:
        _apply_and_follow_up(sync_run, sync_run.actor)
    else:
        _finish_run(sync_run, SyncStatus.PREVIEWED)
    app = InstalledApp.objects.get(pk=sync_run.app_id)
    if app.state == AppState.ERROR and not sync_run.failure:  # the source answers again
        state = AppState.ENABLED if app.enabled_at else AppState.TESTED
        with recorded(actor=sync_run.actor):
            rows.save_fields(rows.lock_for_update(app), {"state": state.value, "reason": ""})


def describe_reading(records: RecordBuilder, run: ImportRun) -> Iterator[str]:
    """Yield what the counts of a run do not say of its report."""
    if records.repeated:
        yield f"{records.repeated} findings are in the report twice; each counts once."
    if count := records.statements.without_finding:
        statements = count_text(count, "statement")
        yield f"{statements} on vulnerabilities or components that no finding has."
    if records.shortened:
        yield (
            f"{records.shortened} texts had more than {LONG_TEXT:,} characters. They were cut and "
            "end with …"
        )
    rejected = run.rows.exclude(errors=[]).order_by("id")
    errors = [error for row in rejected[: MAX_LISTED_ERRORS + 1] for error in row.errors]
    yield from map(lifecycle.describe_error, errors[:MAX_LISTED_ERRORS])
    if len(errors) > MAX_LISTED_ERRORS:
        yield "More rows are in error; the rows of the run have all of them."


@contextmanager
def open_report(
    sync_run: SyncRun, connector: Connector, configuration: dict[str, Any]
) -> Iterator[SourceReport]:
    """The uploaded file, or what the configured address answers. Raises SourceFailed."""
    if not sync_run.report:
        with fetch_report(connector, configuration) as report:
            yield report
        return
    with sync_run.report.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        file.seek(0)
        yield SourceReport(file, sync_run.file_name, digest)


def quarantine_reason(sync_run: SyncRun) -> str:
    """Reason to quarantine this run, or an empty string."""
    applied = sync_run.app.runs.filter(status=SyncStatus.APPLIED, items__gt=0)
    last = applied.order_by("-created_at", "-id").first()
    if last is None or sync_run.items > last.items * SUSPICIOUS_SHARE:
        return ""
    content = "nothing" if not sync_run.items else f"only {sync_run.items} entries"
    return f"The source has {content}; the last run had {last.items}. Look before you apply this."


def _preview_report(sync_run: SyncRun, records: RecordBuilder, items: Iterable[Item]) -> ImportRun:
    run = ImportRun(
        organization=sync_run.organization,
        source=Source.CONNECTOR,
        source_name=sync_run.app.name,
        file_name=sync_run.file_name or sync_run.app.name,
        sha256=sync_run.sha256,
        looked_at=time_of_report(sync_run, records.survey),
    )
    if table := records.survey.table:
        options = ReadingOptions(mapping=table.mapping)
        table_records = upload.read_into_run(run, table.table, options)
        return lifecycle.start_run(actor=sync_run.actor, run=run, records=table_records)
    run.streamed = True
    with recorded(actor=sync_run.actor):
        lifecycle.start_run(
            actor=sync_run.actor,
            run=run,
            records=records.build_records(items),
            follow_up=records.build_closing_records,
        )
        store_facts(run, records.marks.facts)
    return run


def time_of_report(sync_run: SyncRun, survey: Survey) -> datetime | None:
    """The time at which the tool looked at the assets.

    If the report does not tell, it is new unless the same file was applied before.
    """
    if survey.looked_at:
        return min(survey.looked_at, timezone.now())
    same_file = sync_run.app.runs.filter(sha256=sync_run.sha256, status=SyncStatus.APPLIED)
    earlier = same_file.order_by("-created_at").select_related("import_run").first()
    if earlier and earlier.import_run:
        return earlier.import_run.looked_at
    return timezone.now()


def count_changes(run: ImportRun | None) -> dict[str, int]:
    """Rows of a run by what it does to them: created, updated, unchanged, closed, rejected."""
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


# --- Applying and undoing -------------------------------------------------------------------------
def apply_run(*, actor: User | None, sync_run: SyncRun) -> SyncRun:
    """Apply a previewed or quarantined run."""
    with recorded(actor=actor):
        sync_run = _lock_run(sync_run)
        if sync_run.status not in (SyncStatus.PREVIEWED, SyncStatus.QUARANTINED):
            raise Conflict(
                _("This run is %(status)s: only a previewed one can be applied.")
                % {"status": sync_run.status}
            )
        _apply_and_follow_up(sync_run, actor)
    return sync_run


def _apply_and_follow_up(sync_run: SyncRun, actor: User | None) -> None:
    """Write the changes, then propose risks and suggest likelihoods that follow from them."""
    assert sync_run.import_run is not None  # noqa: S101  it was previewed
    with recorded(actor=actor, comment=f"Sync of {sync_run.app.name}"):
        run = lifecycle.apply_run(actor=actor, run=sync_run.import_run, skip_errors=True)
        sync_run.import_run = run
        forget_outdated_facts(run)
        proposed = proposals.propose_risks(actor=actor, organization=sync_run.organization)
        suggested = proposals.suggest_exploited(run=run, marked=find_newly_exploited(run))
        if proposed:
            _add_log_line(sync_run, f"{proposed} risks are proposed.")
        if suggested:
            message = f"{suggested} risks may be more likely: look at the suggestions."
            _add_log_line(sync_run, message)
        sync_run.error = ""
        _finish_run(sync_run, SyncStatus.APPLIED)


def undo_run(*, actor: User | None, sync_run: SyncRun) -> SyncRun:
    """Undo an applied run. Raises Conflict with the edits if someone has edited what it wrote."""
    with recorded(actor=actor):
        sync_run = _lock_run(sync_run)
        if sync_run.status != SyncStatus.APPLIED or sync_run.import_run is None:
            raise Conflict(
                _("This run is %(status)s: only an applied one can be undone.")
                % {"status": sync_run.status}
            )
        sync_run.import_run = undo.undo_run(actor=actor, run=sync_run.import_run)
        proposals.withdraw_suggestions(sync_run.import_run)
        proposals.withdraw_empty_proposals(sync_run.organization)
        _add_log_line(sync_run, "Undone.")
        sync_run.status = SyncStatus.UNDONE
        sync_run.save(update_fields=["status", "log"])
    return sync_run


def _lock_run(sync_run: SyncRun) -> SyncRun:
    locked = SyncRun.objects.select_related("app", "organization", "import_run", "actor")
    return locked.select_for_update(of=("self",)).get(pk=sync_run.pk)
