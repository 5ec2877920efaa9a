import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from openrisk.accounts.management.arguments import organization_argument
from openrisk.accounts.models import Organization
from openrisk.errors import Conflict
from risks import exports
from risks.models import Risk


class Command(BaseCommand):
    help = (
        "Export the risks of an organization as CSV or XLSX, which risks_import reads back without "
        "a difference. Example: python manage.py risks_export --organization demo --output r.csv"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organization", type=organization_argument, required=True, metavar="SLUG"
        )
        parser.add_argument("--format", choices=tuple(exports.MEDIA_TYPES), default="csv")
        parser.add_argument("--output", type=Path, metavar="FILE", help="(default: stdout)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.export(options["organization"], options["format"], options["output"])
        except BrokenPipeError:
            # The reader (`head`, say) has enough. Python must not complain when it flushes either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            target = options["output"] or "stdout"
            raise CommandError(f"{target}: {error.strerror}.") from None
        except Conflict as conflict:
            raise CommandError("\n".join(conflict.reasons)) from None

    def export(self, of: Organization, file_format: str, output: Path | None) -> None:
        risks = Risk.objects.for_organization(of).order_by("number")
        if file_format == "csv" and output is None:
            for line in exports.csv_lines(risks, of):
                self.stdout.write(line, ending="")
        elif file_format == "csv" and output is not None:
            with output.open("w", encoding="utf-8", newline="") as text:
                text.writelines(exports.csv_lines(risks, of))
        elif output is not None:
            with output.open("wb") as file:
                exports.write_xlsx(risks, of, file)
        elif sys.stdout.isatty():
            raise CommandError(
                "XLSX is a binary format. Write it to a file with --output.", returncode=2
            )
        else:
            exports.write_xlsx(risks, of, sys.stdout.buffer)
