from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.packs.archive import open_pack
from marketplace.packs.building import build_pack, new_key, public_key, read_key
from marketplace.packs.errors import BadPack
from marketplace.packs.installation import require_core_version


class Command(BaseCommand):
    help = (
        "Build a content pack from a folder, signed with a key. The same folder and key give the "
        "same bytes. Example: python manage.py pack_build --new-key publisher.pem && "
        "python manage.py pack_build my-pack --key publisher.pem --output my-pack.zip"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?")
        parser.add_argument("--key", type=Path, help="a private key: PEM, or base64")
        parser.add_argument("--output", type=Path, help="default: the folder's name and .zip")
        parser.add_argument("--new-key", type=Path, metavar="FILE", help="make a key and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new_key"]:
                self._write_new_key(options["new_key"])
            elif options["folder"]:
                self._build_pack(**options)
            else:
                raise CommandError("Name a folder, or make a key with --new-key.", returncode=2)
        except BadPack as error:
            raise CommandError(str(error)) from None
        except FileExistsError as error:
            raise CommandError(
                f"{error.filename} exists, and a key is not overwritten. Name another file."
            ) from None
        except OSError as error:
            raise CommandError(
                f"{error.filename}: {error.strerror}. Name a file that can be read or written."
            ) from None

    def _write_new_key(self, path: Path) -> None:
        content = new_key()
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(content)
        self.stdout.write(f"Private key: {path}. Keep it secret.")
        self.stdout.write(f"Public key, for those who trust you: {public_key(read_key(content))}")

    def _build_pack(self, **options: Any) -> None:
        key = read_key(options["key"].read_bytes()) if options["key"] else None
        content = build_pack(options["folder"], key)
        require_core_version(open_pack(BytesIO(content), {}).manifest)
        output = options["output"] or Path(f"{options['folder'].resolve().name}.zip")
        output.write_bytes(content)
        signed = "signed" if key else "not signed"
        self.stdout.write(f"{output}: {len(content)} bytes, {signed}.")
