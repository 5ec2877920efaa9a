import json
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from openrisk.accounts.management.arguments import organization_argument
from openrisk.errors import Conflict
from risks.import_runs import lifecycle
from risks.import_runs.summary import report_lines, summarize_run
from risks.management.arguments import add_user, check_member
from risks.registers import upload
from risks.registers.results import ImportFileError, MappingError

USAGE, PARTIAL = 2, 4


class Command(BaseCommand):
    help = (
        "Import a risk register from a CSV or XLSX file in one transaction, and report how it was "
        "read. Exits with 1 and writes nothing if a row is in error; with --skip-errors such rows "
        "are left out and the exit code is 4. Running it twice changes nothing the second time. "
        "Example: python manage.py risks_import register.csv --organization demo "
        '--map "Likelihood (1-5)=inherent_likelihood" --dry-run'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--organization", type=organization_argument, required=True, metavar="SLUG"
        )
        parser.add_argument(
            "--source",
            default="",
            metavar="NAME",
            help="whose ids the file has (default: the file's name without its ending)",
        )
        parser.add_argument(
            "--map",
            action="append",
            type=_pair,
            default=[],
            metavar="COLUMN=FIELD",
            help="where a column goes, if not where we would put it; FIELD may be extra",
        )
        parser.add_argument("--skip-errors", action="store_true", help="leave rows in error out")
        parser.add_argument("--dry-run", action="store_true", help="do everything, keep nothing")
        add_user(parser)
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        check_member(options["user"], options["organization"])
        try:
            told = self._import(**options)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except ImportFileError as error:
            code = USAGE if isinstance(error, MappingError) else 1
            raise CommandError(_place(error) + error.message, returncode=code) from None
        except Conflict as refusal:
            raise CommandError("\n".join(refusal.reasons)) from None
        self._report(told, options)
        if told["errors"] and options["skip_errors"]:
            sys.exit(PARTIAL)
        if told["errors"]:
            raise CommandError(
                f"Nothing was imported: {len(told['errors'])} errors in the rows. Correct them, "
                "or leave these rows out with --skip-errors."
            )

    def _import(self, **options: Any) -> dict[str, Any]:
        """Everything in one transaction, which is rolled back unless it is to stay."""
        with transaction.atomic(), options["file"].open("rb") as file:
            run = upload.upload_register(
                actor=options["user"],
                organization=options["organization"],
                file=file,
                file_name=options["file"].name,
                source_name=options["source"],
                mapping=dict(options["map"]),
            )
            told = summarize_run(run)
            refused = bool(told["errors"]) and not options["skip_errors"]
            if not refused:
                run = lifecycle.apply_run(
                    actor=options["user"], run=run, skip_errors=options["skip_errors"]
                )
                told["status"] = run.status
            if refused or options["dry_run"]:
                transaction.set_rollback(True)
                told["run"], told["status"] = None, "failed" if refused else "dry_run"
        return told

    def _report(self, told: dict[str, Any], options: dict[str, Any]) -> None:
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
            return
        for line in report_lines(told):
            self.stdout.write(line)
        if told["run"] and not _changes(told):
            self.stdout.write("\nNothing has changed since the last import.")
        elif told["run"]:
            undo = f"python manage.py risks_import_undo {told['run']}"
            self.stdout.write(f"\nImported. To take it back: {undo}")
        elif options["dry_run"]:
            self.stdout.write("\nA dry run: nothing was written.")


def _changes(told: dict[str, Any]) -> int:
    return sum(counts["create"] + counts["update"] for counts in told["counts"].values())


def _pair(text: str) -> tuple[str, str]:
    column, separator, field = text.rpartition("=")
    if not separator or not column or not field:
        raise ArgumentTypeError('write it as "Column=field"')
    return column.strip(), field.strip()


def _place(error: ImportFileError) -> str:
    row = f"Row {error.row}: " if error.row else ""
    return f"{row}Column {error.column}: " if error.column and not row else row
