import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.packs.manifest import BadPack
from marketplace.services.packs import opened

NOT_VERIFIED = 3


class Command(BaseCommand):
    help = (
        "Say what a content pack is and whether it can be trusted. Exits with 3 where it cannot "
        "be loaded. Example: python manage.py pack_verify my-pack.zip"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                pack = opened(file)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except BadPack as error:
            raise CommandError(str(error), returncode=NOT_VERIFIED) from None
        told = {
            "id": pack.manifest.id,
            "name": pack.manifest.name,
            "version": pack.manifest.version,
            "publisher": pack.manifest.publisher,
            "licence": pack.manifest.licence,
            "trust": pack.trust.value,
            "note": pack.note,
            "files": [part["path"] for part in pack.manifest.files],
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
            return
        for name, value in told.items():
            shown = ", ".join(value) if isinstance(value, list) else value
            if shown:
                self.stdout.write(f"{name}: {shown}")
