"""Packs as files: verified before anything of them is used."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from marketplace.archives import BadArchive, read_archive
from marketplace.packs.building import manifest_of
from marketplace.packs.manifest import SCHEMAS, BadPack, Manifest, check, parsed, read_manifest

MANIFEST_FILE, SIGNATURE_FILE = "manifest.json", "manifest.sig"
SHIPPED = Path(__file__).parent / "shipped"


class Trust(StrEnum):
    """`MODIFIED` is no value: what was modified is never loaded."""

    OFFICIAL = "official"  # came with this installation
    PUBLISHER = "publisher"  # signed by a publisher that the installation knows
    UNSIGNED = "unsigned"  # not signed, or by somebody unknown


@dataclass(frozen=True)
class Pack:
    """`contents` are (kind, value) of each file, of the shape in `manifest.SCHEMAS`.

    `note` says why a pack is not trusted; "" where it is.
    """

    manifest: Manifest
    trust: Trust
    contents: list[tuple[str, Any]]
    note: str = ""


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
        raise BadPack(f"There is no {MANIFEST_FILE}: this is no pack.")
    trust, note = _trust(files[MANIFEST_FILE], files.pop(SIGNATURE_FILE, None), publishers)
    manifest = read_manifest(files.pop(MANIFEST_FILE))
    return Pack(manifest, trust, _contents(manifest, files), note)


def _trust(
    manifest: bytes, signature: bytes | None, publishers: Mapping[str, str]
) -> tuple[Trust, str]:
    """A signature that does not fit is worse than none: somebody changed the manifest."""
    if signature is None:
        return Trust.UNSIGNED, "It is not signed."
    said = parsed(signature, SIGNATURE_FILE)
    if not isinstance(said, dict):
        raise BadPack("The signature is of no shape that is known.")
    key, value = str(said.get("key", "")), str(said.get("signature", ""))
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(value, validate=True), manifest)
    except (InvalidSignature, ValueError, binascii.Error):
        raise BadPack(
            "The signature does not fit the manifest: the pack was modified after it was signed."
        ) from None
    if key not in publishers:
        return Trust.UNSIGNED, f"It is signed with the key {key}, which this installation lacks."
    return Trust.PUBLISHER, ""


def _contents(manifest: Manifest, files: dict[str, bytes]) -> list[tuple[str, Any]]:
    listed = {part["path"] for part in manifest.files}
    if len(listed) != len(manifest.files):
        raise BadPack("The manifest lists a file twice.")
    if extra := files.keys() - listed:
        raise BadPack(f"{min(extra)[:100]} is in the pack and not in its manifest.")
    contents = []
    for part in manifest.files:
        content = files.get(part["path"])
        if content is None:
            raise BadPack(f"{part['path']} is in the manifest and not in the pack.")
        if hashlib.sha256(content).hexdigest() != part["sha256"] or len(content) != part["size"]:
            raise BadPack(f"{part['path']} is not what was signed: the pack was modified.")
        value = parsed(content, part["path"])
        check(SCHEMAS[part["kind"]], value, part["path"])
        contents.append((part["kind"], value))
    return contents


def shipped() -> dict[str, Pack]:
    """The packs that come with the project, by id: as folders, which are part of it."""
    found = [_from_folder(folder) for folder in sorted(SHIPPED.iterdir()) if folder.is_dir()]
    return {pack.manifest.id: pack for pack in found}


def _from_folder(folder: Path) -> Pack:
    content, files = manifest_of(folder)
    manifest = read_manifest(content)
    return Pack(manifest, Trust.OFFICIAL, _contents(manifest, files))
