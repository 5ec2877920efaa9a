"""Packs as files: verified before anything of them is used."""

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from marketplace.archives import BadArchive, read_archive
from marketplace.packs.building import build_manifest
from marketplace.packs.contents import read_contents
from marketplace.packs.manifest import BadPack, Manifest, parse_json, read_manifest

MANIFEST_FILE, SIGNATURE_FILE = "manifest.json", "manifest.sig"
AGAIN = "Get it again, from its publisher."
SHIPPED = Path(__file__).parent / "shipped"


class Trust(StrEnum):
    """`MODIFIED` is no value: what was modified is never loaded."""

    OFFICIAL = "official"  # came with this installation
    PUBLISHER = "publisher"  # signed by a publisher that the installation knows
    UNSIGNED = "unsigned"  # not signed, or by somebody unknown


@dataclass(frozen=True)
class Pack:
    """`contents` are (kind, value) of each file, of the shape in `schemas.SCHEMAS`.

    `note` says why a pack is not trusted; "" where it is. `signed_by` is what the installation
    calls the publisher whose key signed it; what the manifest says of its publisher is a claim.
    """

    manifest: Manifest
    trust: Trust
    contents: list[tuple[str, Any]]
    note: str = ""
    signed_by: str = ""

    def holds(self) -> dict[str, int]:
        """How many of what: risks, controls, matrices."""
        counts: Counter[str] = Counter()
        for _, value in self.contents:
            counts.update({what: len(v) for what, v in value.items() if isinstance(v, list)})
        return dict(counts)


def open_pack(file: IO[bytes], publishers: Mapping[str, str]) -> Pack:
    """Read and verify a pack. `publishers`: name by public key (base64), of those known.

    Raises BadPack for anything that is damaged, modified, or of another shape.
    """
    file.seek(0)
    try:
        files = read_archive(file)
    except BadArchive as error:
        raise BadPack(str(error)) from None
    if MANIFEST_FILE not in files:
        raise BadPack(f"There is no {MANIFEST_FILE}: this is no pack. Make one with pack_build.")
    trust, note, signer = _trust(files[MANIFEST_FILE], files.pop(SIGNATURE_FILE, None), publishers)
    manifest = read_manifest(files.pop(MANIFEST_FILE))
    official = shipped_packs().get(manifest.id)
    if official and official.manifest.files != manifest.files:
        raise BadPack(
            f"{manifest.id} comes with OpenRisk, and this is another pack under its id. If it is "
            "yours, give it an id of your own."
        )
    return Pack(manifest, trust, _contents(manifest, files), note, signer)


def _trust(
    manifest: bytes, signature: bytes | None, publishers: Mapping[str, str]
) -> tuple[Trust, str, str]:
    """With why it is not trusted, or else who signed it.

    A signature that does not fit is worse than none: somebody changed the manifest.
    """
    if signature is None:
        return Trust.UNSIGNED, "It is not signed.", ""
    said = parse_json(signature, SIGNATURE_FILE)
    if not isinstance(said, dict):
        raise BadPack(f"The signature is of no shape that is known. {AGAIN}")
    key, value = str(said.get("key", "")), str(said.get("signature", ""))
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(value, validate=True), manifest)
    except (InvalidSignature, ValueError, binascii.Error):
        raise BadPack(
            "The signature does not fit the manifest: the pack was modified after it was signed. "
            + AGAIN
        ) from None
    if key not in publishers:
        note = f"It is signed with the key {key}, which this installation lacks."
        return Trust.UNSIGNED, note, ""
    return Trust.PUBLISHER, "", publishers[key]


def _contents(manifest: Manifest, files: dict[str, bytes]) -> list[tuple[str, Any]]:
    listed = {part["path"] for part in manifest.files}
    if len(listed) != len(manifest.files):
        raise BadPack(f"The manifest lists a file twice. {AGAIN}")
    if extra := files.keys() - listed:
        raise BadPack(f"{min(extra)[:100]} is in the pack and not in its manifest. {AGAIN}")
    for part in manifest.files:
        content = files.get(part["path"])
        if content is None:
            raise BadPack(f"{part['path']} is in the manifest and not in the pack. {AGAIN}")
        if hashlib.sha256(content).hexdigest() != part["sha256"] or len(content) != part["size"]:
            raise BadPack(
                f"{part['path']} is not as the manifest says: the pack was modified. {AGAIN}"
            )
    return read_contents(
        (part["path"], part["kind"], files[part["path"]]) for part in manifest.files
    )


@cache
def shipped_packs() -> dict[str, Pack]:
    """The packs that come with the project, by id: as folders, which are part of it.

    Read once: they change with the code only.
    """
    found = [_from_folder(folder) for folder in sorted(SHIPPED.iterdir()) if folder.is_dir()]
    return {pack.manifest.id: pack for pack in found}


def _from_folder(folder: Path) -> Pack:
    content, files = build_manifest(folder)
    manifest = read_manifest(content)
    return Pack(manifest, Trust.OFFICIAL, _contents(manifest, files))
