import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from marketplace.management.arguments import add_app_arguments, find_app
from marketplace.models import SyncMode, SyncRun, SyncStatus
from marketplace.sync import runs
from openrisk.errors import Conflict, FileTooLarge
from risks.management.arguments import check_member

PARTIAL = 4


class Command(BaseCommand):
    help = (
        "Run an app now: read its source or FILE, show what that changes, and with --apply change "
        "it. Exits with 1 if the run fails or is quarantined, with 4 if rows were left out. "
        "Example: python manage.py connector_sync Trivy --organization demo "
        "--file report.json --apply"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_app_arguments(parser)
        parser.add_argument("--file", type=Path, help="a report, instead of the app's address")
        parser.add_argument("--apply", action="store_true", help="carry it out")
        parser.add_argument("--dry-run", action="store_true", help="do everything, keep nothing")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        check_member(options["user"], options["organization"])
        with transaction.atomic():
            run = self._execute(**options)
            if options["dry_run"]:
                transaction.set_rollback(True)
        summary = summarize_run(run)
        if options["format"] == "json":
            self.stdout.write(json.dumps(summary, indent=2))
        else:
            self._write_summary(summary)
        if run.status in (SyncStatus.FAILED, SyncStatus.QUARANTINED):
            raise CommandError(run.error)
        if run.counts.get("rejected"):
            sys.exit(PARTIAL)

    def _execute(self, **options: Any) -> SyncRun:
        app = find_app(options["organization"], options["app"])
        arguments = {
            "actor": options["user"],
            "app": app,
            "mode": SyncMode.APPLY if options["apply"] else SyncMode.PREVIEW,
        }
        try:
            if options["file"]:
                with options["file"].open("rb") as file:
                    run = runs.queue_run(**arguments, file=file, file_name=options["file"].name)
            else:
                run = runs.queue_run(**arguments)
            return runs.execute_run(run.pk)
        except FileTooLarge as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except Conflict as refusal:
            raise CommandError(" ".join(refusal.reasons)) from None
        except runs.AppBusy:
            raise CommandError("Another run of this app is in progress. Wait for it.") from None

    def _write_summary(self, summary: dict[str, Any]) -> None:
        for line in summary["log"]:
            self.stdout.write(line)
        counts = ", ".join(f"{count} {name}" for name, count in summary["counts"].items())
        self.stdout.write(f"{summary['status']}: {counts or 'nothing read'}")


def summarize_run(run: SyncRun) -> dict[str, Any]:
    return {
        "run": str(run.pk),
        "status": run.status,
        "items": run.items,
        "counts": run.counts,
        "error": run.error,
        "log": [line["text"] for line in run.log],
    }
