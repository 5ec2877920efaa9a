import json
import sys
from argparse import ArgumentTypeError, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from openrisk.accounts.management.arguments import organization_argument
from openrisk.errors import Conflict
from risks.import_runs.lifecycle import apply_run
from risks.import_runs.summary import report_lines, summarize_run
from risks.management.arguments import add_user, check_member
from risks.models import ImportRun
from risks.registers.annotated import annotate_file
from risks.registers.options import OTHER_KINDS, ReadingOptions
from risks.registers.results import ImportFileError, MappingError
from risks.registers.upload import upload_register
from risks.text import count_text

USAGE, UNANSWERED, PARTIAL = 2, 3, 4  # exit codes


class Command(BaseCommand):
    help = (
        "Import a risk register from a CSV or XLSX file in one transaction, and report how it was "
        "read. Exits with 1 and writes nothing if a row is in error; with --skip-errors such rows "
        "are left out and the exit code is 4. Exits with 3 if the file seems to continue a known "
        "source: say which with --source or --as-new. Running it twice changes nothing the second "
        "time. "
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
            help="the source whose ids the file has (default: the file's name without extension)",
        )
        add_reading_options(parser)
        parser.add_argument("--skip-errors", action="store_true", help="leave rows in error out")
        parser.add_argument("--dry-run", action="store_true", help="report, but write nothing")
        parser.add_argument(
            "--annotated",
            type=Path,
            metavar="FILE",
            help="write the file as a workbook that marks how each cell was read",
        )
        add_user(parser)
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        check_member(options["user"], options["organization"])
        try:
            summary = self.import_file(**options)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except ImportFileError as error:
            code = USAGE if isinstance(error, MappingError) else 1
            raise CommandError(error.located_message, returncode=code) from None
        except Conflict as conflict:
            raise CommandError("\n".join(conflict.reasons)) from None
        self.report(summary, options)
        if question := summary["question"]:
            choices = ", or ".join(answer_argument(a["options"]) for a in question["answers"])
            raise CommandError(f"{question['text']} Say which: {choices}.", returncode=UNANSWERED)
        if summary["errors"] and options["skip_errors"]:
            sys.exit(PARTIAL)
        if summary["errors"]:
            raise CommandError(
                f"Nothing was imported: {count_text(len(summary['errors']), 'error')} in the rows. "
                "Correct the file, or leave these rows out with --skip-errors."
            )

    def import_file(self, **options: Any) -> dict[str, Any]:
        """Import in one transaction, which is rolled back after an error or a dry run."""
        with transaction.atomic(), options["file"].open("rb") as file:
            run = upload_register(
                actor=options["user"],
                organization=options["organization"],
                file=file,
                file_name=options["file"].name,
                options=ReadingOptions(
                    source_name=options["source"],
                    mapping=dict(options["map"]),
                    **{name: options[name] for name in ("sheet", "encoding", "month_first")},
                    derive_ratings=options["derive_ratings"],
                    include=tuple(options["include"]),
                    as_new=options["as_new"],
                ),
            )
            summary = summarize_run(run)
            if options["annotated"]:
                write_annotated(run, options["annotated"])
            is_refused = bool(summary["errors"]) and not options["skip_errors"]
            is_refused |= bool(run.question)
            if not is_refused:
                run = apply_run(actor=options["user"], run=run, skip_errors=options["skip_errors"])
                summary["status"] = run.status
            if is_refused or options["dry_run"]:
                transaction.set_rollback(True)
                summary["run"] = None
                summary["status"] = "failed" if is_refused else "dry_run"
        return summary

    def report(self, summary: dict[str, Any], options: dict[str, Any]) -> None:
        if options["format"] == "json":
            self.stdout.write(json.dumps(summary, indent=2, ensure_ascii=False))
            return
        for line in report_lines(summary):
            self.stdout.write(line)
        changes = sum(counts["create"] + counts["update"] for counts in summary["counts"].values())
        if summary["run"] and not changes:
            self.stdout.write("\nNothing has changed since the last import.")
        elif summary["run"]:
            undo = f"python manage.py risks_import_undo {summary['run']}"
            self.stdout.write(f"\nImported. To undo it: {undo}")
        elif options["dry_run"]:
            self.stdout.write("\nA dry run: nothing was written.")


def write_annotated(run: ImportRun, path: Path) -> None:
    content = annotate_file(run)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from None


def answer_argument(options: dict[str, Any]) -> str:
    """The argument that gives an answer to the question of a run."""
    name = options.get("source_name")
    return f'--source "{name}"' if name else "--as-new"


def add_reading_options(parser: CommandParser) -> None:
    """Add an argument for each of `ReadingOptions`."""
    parser.add_argument(
        "--map",
        action="append",
        type=column_and_field,
        default=[],
        metavar="COLUMN=FIELD",
        help="the field of a column, if the one that is proposed is wrong; FIELD may be extra",
    )
    parser.add_argument("--sheet", default="", metavar="NAME", help="the sheet to read")
    parser.add_argument(
        "--encoding", default="", metavar="NAME", help="of the text, such as cp1250 or gb18030"
    )
    parser.add_argument(
        "--month-first",
        action=BooleanOptionalAction,
        help="03/04/2027 is March 4; with --no-month-first 3 April (default: the column decides)",
    )
    parser.add_argument(
        "--derive-ratings",
        action="store_true",
        help="make likelihood and impact from a score or level that stands alone",
    )
    parser.add_argument(
        "--include",
        action="append",
        choices=OTHER_KINDS,
        default=[],
        help="rows of a RAID log to import as risks too; may be given several times",
    )
    parser.add_argument(
        "--as-new", action="store_true", help="a source of its own, though its risks are known"
    )


def column_and_field(text: str) -> tuple[str, str]:
    column, separator, field = text.rpartition("=")
    if not separator or not column or not field:
        raise ArgumentTypeError('write it as "Column=field"')
    return column.strip(), field.strip()
