import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from marketplace.packs import installation
from marketplace.packs.archive import Pack
from marketplace.packs.errors import BadPack
from openrisk.accounts.management.arguments import organization_argument
from openrisk.errors import Conflict
from risks.import_runs.summary import report_lines, summarize_run
from risks.management.arguments import add_user, check_member


class Command(BaseCommand):
    help = (
        "Install or upgrade a content pack: one that comes with OpenRisk, by its id, or a file. "
        "What people have edited stays as it is. "
        "Example: python manage.py pack_install openrisk.starter-risks --organization demo"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pack", help="an id, or a file")
        parser.add_argument(
            "--organization", type=organization_argument, required=True, metavar="SLUG"
        )
        parser.add_argument("--allow-unsigned", action="store_true")
        parser.add_argument("--dry-run", action="store_true", help="do everything, keep nothing")
        add_user(parser)
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        check_member(options["user"], options["organization"])
        try:
            with transaction.atomic():
                change = installation.preview_pack(
                    actor=options["user"],
                    organization=options["organization"],
                    pack=open_named_pack(options["pack"]),
                    allow_unsigned=options["allow_unsigned"],
                )
                installation.apply_change(actor=options["user"], change=change)
                result = summarize_run(change.import_run)  # type: ignore[arg-type]
                transaction.set_rollback(options["dry_run"])
        except BadPack as error:
            raise CommandError(str(error)) from None
        except Conflict as refusal:
            raise CommandError("\n".join(refusal.reasons)) from None
        if options["format"] == "json":
            self.stdout.write(json.dumps(result, indent=2, ensure_ascii=False))
            return
        for line in report_lines(result):
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("\nA dry run: nothing was written.")


def open_named_pack(name: str) -> Pack:
    path = Path(name)
    if not path.is_file():
        return installation.shipped_pack(name)
    with path.open("rb") as file:
        return installation.open_uploaded_pack(file)
