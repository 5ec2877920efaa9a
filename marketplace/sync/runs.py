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
from marketplace.installations.configuration import address
from marketplace.installations.lifecycle import READY
from marketplace.models import App, AppState, Failure, SyncMode, SyncRun, SyncStatus
from marketplace.registry import connectors
from marketplace.sync.probe import Report, SourceFailed, configuration_of, fetched
from marketplace.sync.to_records import Records, Survey, survey
from openrisk.accounts.models import User
from openrisk.errors import Conflict, FileTooLarge
from openrisk.limits import LONG_TEXT
from risks.history import recorded
from risks.import_runs import lifecycle
from risks.import_runs import undo as undoing
from risks.models import Finding, ImportRun, RowAction, Source
from risks.registers import upload
from risks.registers.reading.text import shortened
from risks.registers.results import ImportFileError
from risks.services import findings, rows, suggestions

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


class Busy(Exception):
    """Another run of this app is under way."""


# --- Queueing -------------------------------------------------------------------------------------
def queue(
    *,
    actor: User | None,
    app: App,
    mode: str = SyncMode.PREVIEW,
    file: IO[bytes] | None = None,
    file_name: str = "",
    schedule: str = "",
) -> SyncRun:
    """A run that waits for `execute`. Without `file` the source is fetched.

    Raises Conflict, and FileTooLarge where the file is larger than the connector's reports are.
    """
    connector = connectors()[app.connector]
    _check_runnable(app, connector)
    if file is not None:
        _check_size(file, connector)
    if file is None and not address(connector, app.settings):
        raise Conflict("This connector reads files. Upload one, or configure an address.")
    sync = SyncRun(
        organization=app.organization,
        app=app,
        mode=mode,
        actor=actor,
        schedule=schedule,
        file_name=shortened(file_name, 255),
    )
    if file is not None:
        sync.report.save(f"{sync.pk}.report", File(file), save=False)
    with recorded(actor=actor):
        sync.save()
    return sync


def _check_size(file: IO[bytes], connector: Connector) -> None:
    """Before it is kept for the worker."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > connector.largest_report:
        most = connector.largest_report // 1024**2
        raise FileTooLarge(f"A report for {connector.name} has at most {most} MB. Split it.")


def _check_runnable(app: App, connector: Connector) -> None:
    if Capability.NOTIFICATION in connector.capabilities:
        raise Conflict("This connector sends messages: there is nothing to read.")
    if app.state not in READY:
        state = AppState(app.state).label.lower()
        raise Conflict(f"This app is {state}. Configure it, test it, then run it.")


# --- Carrying out ---------------------------------------------------------------------------------
def execute(pk: UUID, *, last_attempt: bool = True) -> SyncRun:
    """Read the source and preview, and apply where the run is to. The outcome stands in the run.

    Raises Busy while another run of the app is under way. Unless this is the last attempt, raises
    SourceFailed and whatever was not expected, for the caller to try again later.
    """
    sync = _begin(pk)
    if sync.status != SyncStatus.RUNNING:
        return sync  # carried out before
    try:
        _read(sync, connectors()[sync.app.connector])
    except SourceFailed as error:
        if not (error.lasting or last_attempt):
            _wait(sync, error.message)
            raise
        _fail(sync, error.failure, error.message)
    except UnreadableReport as error:
        place = f"Row {error.row}: " if error.row else ""
        _fail(sync, Failure.REPORT, place + error.message)
    except ImportFileError as error:
        _fail(sync, Failure.REPORT, error.message)
    except Conflict as error:
        _fail(sync, Failure.REGISTER, " ".join(error.reasons))
    # The boundary to connectors: a run that stays "running" would keep its app from ever running.
    except Exception as error:
        message = _unexpected(error, sync)
        if not last_attempt:
            _wait(sync, message)
            raise
        log.exception("sync_failed", run=str(pk), connector=sync.app.connector)
        _fail(sync, Failure.INTERNAL, message)
    return sync


def _unexpected(error: Exception, sync: SyncRun) -> str:
    """The kind of the error alone: its text may hold what the report or the configuration says."""
    reason = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
    return (
        f"OpenRisk met something that it did not expect ({reason}) while it ran the connector "
        f"{sync.app.connector}. Run the app again; if this repeats, give run {sync.pk} to your "
        "operator, whose log has the details."
    )


def end_abandoned(pk: UUID) -> bool:
    """End a run that no task will carry out any more, as failed; whether it was still waiting."""
    with transaction.atomic():
        sync = SyncRun.objects.select_for_update(of=("self",)).get(pk=pk)
        if sync.status not in UNFINISHED:
            return False
        _fail(
            sync,
            sync.failure or Failure.INTERNAL,
            "Its task ended without carrying it out: another run of the app was under way, or the "
            "worker or the database failed each time. Run the app again.",
        )
    return True


def _begin(pk: UUID) -> SyncRun:
    try:
        with transaction.atomic():
            sync = SyncRun.objects.select_for_update(of=("self",)).get(pk=pk)
            if sync.status in UNFINISHED:
                sync.status = SyncStatus.RUNNING
                sync.started_at = timezone.now()
                sync.attempts += 1
                sync.save(update_fields=["status", "started_at", "attempts"])
    except IntegrityError:
        raise Busy from None
    return SyncRun.objects.select_related("app", "organization", "actor").get(pk=pk)


def _wait(sync: SyncRun, reason: str) -> None:
    _say(sync, f"Attempt {sync.attempts} failed: {reason} It will be tried again.")
    sync.status = SyncStatus.QUEUED
    sync.save(update_fields=["status", "log"])


def _fail(sync: SyncRun, failure: str, message: str) -> None:
    sync.failure, sync.error = failure, message
    _say(sync, message)
    with recorded(actor=sync.actor):
        _finish(sync, SyncStatus.FAILED)
        app = rows.locked(sync.app)
        if failure in (Failure.CONNECTION, Failure.CREDENTIAL) and app.state in READY:
            rows.apply(app, {"state": AppState.ERROR.value, "reason": message})


def _say(sync: SyncRun, text: str) -> None:
    line = {"at": timezone.now().isoformat(timespec="seconds"), "text": text}
    sync.log = [*sync.log, line][-MOST_LOG:]


def _finish(sync: SyncRun, status: str) -> None:
    """The uploaded file has served; what it said stands in the rows."""
    sync.status, sync.finished_at = status, timezone.now()
    if sync.report:
        sync.report.delete(save=False)
    sync.save()


def _read(sync: SyncRun, connector: Connector) -> None:
    configuration = configuration_of(sync.app)
    with _report(sync, connector, configuration) as report:
        sync.sha256 = report.sha256
        sync.file_name = sync.file_name or shortened(report.name, 255)
        found = survey(connector.read(report.file, configuration, name=report.name))
        sync.items = found.items
        _say(sync, f"Read {found.items} entries from {sync.file_name or 'the source'}.")
        report.file.seek(0)
        suspicion = _suspicion(sync)
        records = Records(sync.organization, found)
        sync.run = _preview(sync, connector, configuration, report, records)
        if records.repeated:
            _say(sync, f"{records.repeated} findings stood in the report twice; one each counts.")
        if records.shortened:
            _say(
                sync,
                f"{records.shortened} texts had more than {LONG_TEXT:,} characters: they are cut "
                "and end with …",
            )
    _conclude(sync, suspicion)


@contextmanager
def _report(sync: SyncRun, connector: Connector, configuration: dict[str, Any]) -> Iterator[Report]:
    if not sync.report:
        with fetched(connector, configuration) as report:
            yield report
        return
    with sync.report.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        file.seek(0)
        yield Report(file, sync.file_name, digest)


def _suspicion(sync: SyncRun) -> str:
    """Why what was read should not be taken over without a person looking at it; mostly ""."""
    applied = sync.app.runs.filter(status=SyncStatus.APPLIED, items__gt=0)
    last = applied.order_by("-created_at", "-id").first()
    if last is None or sync.items > last.items * SMALL:
        return ""
    found = "nothing" if not sync.items else f"only {sync.items} entries"
    return f"The source has {found}; the last run had {last.items}. Look before you apply this."


def _preview(
    sync: SyncRun,
    connector: Connector,
    configuration: dict[str, Any],
    report: Report,
    records: Records,
) -> ImportRun:
    run = ImportRun(
        organization=sync.organization,
        source=Source.CONNECTOR,
        source_name=sync.app.name,
        file_name=sync.file_name or sync.app.name,
        sha256=sync.sha256,
        looked_at=_looked_at(sync, records.survey),
    )
    if table := records.survey.table:
        read = upload.read_into(run, table.table, table.mapping or None)
        return lifecycle.start(actor=sync.actor, run=run, records=read)
    run.streamed = True
    items = connector.read(report.file, configuration, name=report.name)
    return lifecycle.start(
        actor=sync.actor, run=run, records=records.of(items), afterwards=records.afterwards
    )


def _looked_at(sync: SyncRun, found: Survey) -> Any:
    """When the source looked. A file without a time that was applied before was not made anew."""
    if found.looked_at:
        return min(found.looked_at, timezone.now())
    same = sync.app.runs.filter(sha256=sync.sha256, status=SyncStatus.APPLIED)
    before = same.order_by("-created_at").select_related("run").first()
    return before.run.looked_at if before and before.run else timezone.now()


def _conclude(sync: SyncRun, suspicion: str) -> None:
    sync.counts = counts(sync.run)
    if suspicion:
        _say(sync, suspicion)
        sync.error = suspicion
        _finish(sync, SyncStatus.QUARANTINED)
    elif sync.mode == SyncMode.APPLY:
        _apply(sync, sync.actor)
    else:
        _finish(sync, SyncStatus.PREVIEWED)
    _recovered(sync)


def _recovered(sync: SyncRun) -> None:
    """The source answers again: an app that was meant to work does."""
    app = App.objects.get(pk=sync.app_id)
    if app.state == AppState.ERROR and not sync.failure:
        state = AppState.ENABLED if app.enabled_at else AppState.TESTED
        with recorded(actor=sync.actor):
            rows.apply(rows.locked(app), {"state": state.value, "reason": ""})


def counts(run: ImportRun | None) -> dict[str, int]:
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
def apply(*, actor: User | None, sync: SyncRun) -> SyncRun:
    """Carry out what was previewed, or what was put aside for a person to look at."""
    with recorded(actor=actor):
        sync = _locked(sync)
        if sync.status not in (SyncStatus.PREVIEWED, SyncStatus.QUARANTINED):
            raise Conflict(f"This run is {sync.status}: only a previewed one can be applied.")
        _apply(sync, actor)
    return sync


def _apply(sync: SyncRun, actor: User | None) -> None:
    assert sync.run is not None  # noqa: S101  it was previewed
    with recorded(actor=actor, comment=f"Sync of {sync.app.name}"):
        sync.run = lifecycle.apply(actor=actor, run=sync.run, skip_errors=True)
        proposed = findings.propose_risks(actor=actor, organization=sync.organization)
        suggested = suggestions.suggest_exploited(run=sync.run, reasons=_reasons(sync.run))
        if proposed:
            _say(sync, f"{proposed} risks are proposed.")
        if suggested:
            _say(sync, f"{suggested} risks may be more likely: look at the suggestions.")
        sync.error = ""
        _finish(sync, SyncStatus.APPLIED)


def _reasons(run: ImportRun) -> dict[str, str]:
    """By CVE, of the findings that this run has marked as exploited."""
    marked = run.rows.filter(model=FINDING, changes__known_exploited__1=True)
    values = dict(marked.values_list("object_id", "values"))
    said = {pk: value.get("reason", "") for pk, value in values.items()}
    cves = Finding.objects.filter(pk__in=list(said)).values_list("pk", "rule")
    return {cve: said[pk] for pk, cve in cves}


def undo(*, actor: User | None, sync: SyncRun) -> SyncRun:
    """Take an applied run back. Conflict, with the edits, where somebody has edited since."""
    with recorded(actor=actor):
        sync = _locked(sync)
        if sync.status != SyncStatus.APPLIED or sync.run is None:
            raise Conflict(f"This run is {sync.status}: only an applied one can be undone.")
        sync.run = undoing.undo(actor=actor, run=sync.run)
        suggestions.withdraw_suggestions(sync.run)
        findings.withdraw_empty_proposals(sync.organization)
        _say(sync, "Undone.")
        sync.status = SyncStatus.UNDONE
        sync.save(update_fields=["status", "log"])
    return sync


def _locked(sync: SyncRun) -> SyncRun:
    locked = SyncRun.objects.select_related("app", "organization", "run", "actor")
    return locked.select_for_update(of=("self",)).get(pk=sync.pk)
