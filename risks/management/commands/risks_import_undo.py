import json
from argparse import ArgumentTypeError
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from openrisk.errors import Conflict
from risks.import_runs.undo import EditedSince, undo_run
from risks.management.arguments import add_user, check_member
from risks.models import ImportRun


class Command(BaseCommand):
    help = (
        "Undo an import: restore what it changed and delete what it created, all of it or nothing. "
        "Exits with 3 and lists the edits if someone has edited these risks since. "
        "Example: python manage.py risks_import_undo 0193a5c0-6f3e-7c11-8b1e-3d8f2d1c9a55"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=import_run, help="the run's id, which risks_import prints")
        add_user(parser)
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        check_member(options["user"], options["run"].organization)
        as_json = options["format"] == "json"
        try:
            run = undo_run(actor=options["user"], run=options["run"])
        except EditedSince as conflict:
            if as_json:
                edits = [asdict(edit) for edit in conflict.edits]
                self.stdout.write(json.dumps({"edits": edits}, default=str, indent=2))
            raise CommandError("\n".join(conflict.reasons), returncode=3) from None
        except Conflict as conflict:
            raise CommandError("\n".join(conflict.reasons)) from None
        if as_json:
            result = {"run": str(run.pk), "status": run.status, "notes": run.notes}
            self.stdout.write(json.dumps(result, indent=2, ensure_ascii=False))
        else:
            self.stdout.write(f"The import of {run.file_name} is undone.")


def import_run(text: str) -> ImportRun:
    try:
        run = ImportRun.objects.select_related("organization").filter(pk=UUID(text)).first()
    except ValueError:
        raise ArgumentTypeError("write the id (a UUID) that risks_import printed") from None
    if run is None:
        raise ArgumentTypeError(f"there is no run {text}: check the id that risks_import printed")
    return run
