import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.packs.archive import Pack
from marketplace.packs.errors import BadPack
from marketplace.packs.installation import open_uploaded_pack, require_core_version

NOT_VERIFIED = 3


class Command(BaseCommand):
    help = (
        "Describe a content pack and whether it can be trusted. Exits with 3 if it cannot be "
        "loaded. Example: python manage.py pack_verify my-pack.zip"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                pack = open_uploaded_pack(file)
            require_core_version(pack.manifest)
        except OSError as error:
            raise CommandError(
                f"{options['file']} cannot be read: {error.strerror}. Name the ZIP of a pack."
            ) from None
        except BadPack as error:
            raise CommandError(str(error), returncode=NOT_VERIFIED) from None
        facts = describe_pack(pack)
        if options["format"] == "json":
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False))
            return
        requires = (f"{pack} {version}" for pack, version in facts["requires"].items())
        facts["requires"] = ", ".join(requires)
        facts["files"] = ", ".join(facts["files"])
        facts["holds"] = ", ".join(f"{what} {count}" for what, count in facts["holds"].items())
        for name, value in facts.items():
            if value:
                self.stdout.write(f"{name}: {value}")


def describe_pack(pack: Pack) -> dict[str, Any]:
    manifest = pack.manifest
    names = ("id", "name", "version", "publisher", "licence", "core", "requires", "summary")
    return {name: getattr(manifest, name) for name in names} | {
        "trust": pack.trust.value,
        "signed_by": pack.signed_by,
        "note": pack.note,
        "files": [part["path"] for part in manifest.files],
        "holds": pack.count_contents(),
    }
