"""Opens packs, and verifies them before anything of them is used."""

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
from marketplace.packs.errors import BadPack
from marketplace.packs.manifest import Manifest, parse_json, read_manifest

MANIFEST_FILE, SIGNATURE_FILE = "manifest.json", "manifest.sig"
AGAIN = "Get it again from its publisher."
SHIPPED = Path(__file__).parent / "shipped"


class Trust(StrEnum):
    """Reasons to trust a pack. A modified pack is never loaded."""

    OFFICIAL = "official"  # comes with OpenRisk
    PUBLISHER = "publisher"  # signed by a publisher that this installation trusts
    UNSIGNED = "unsigned"  # not signed, or by someone unknown


@dataclass(frozen=True)
class Pack:
    """`contents` are (kind, value) of each file, in the shape of `schemas.SCHEMAS`.

    `note` says why a pack is not trusted, or is "". `signed_by` is this installation's name for
    the publisher whose key signed it; the publisher in the manifest is only a claim.
    """

    manifest: Manifest
    trust: Trust
    contents: list[tuple[str, Any]]
    note: str = ""
    signed_by: str = ""

    def count_contents(self) -> dict[str, int]:
        """The number of risks, controls, matrices and so on."""
        counts: Counter[str] = Counter()
        for _, value in self.contents:
            counts.update({name: len(v) for name, v in value.items() if isinstance(v, list)})
        return dict(counts)


def open_pack(file: IO[bytes], publishers: Mapping[str, str]) -> Pack:
    """Read and verify a pack. `publishers` are names of trusted ones by public key (base64).

    Raises BadPack if it is damaged, modified, or of another shape.
    """
    file.seek(0)
    try:
        files = read_archive(file)
    except BadArchive as error:
        raise BadPack(str(error)) from None
    if MANIFEST_FILE not in files:
        raise BadPack(f"Not a pack: it has no {MANIFEST_FILE}. Make one with pack_build.")
    signature = files.pop(SIGNATURE_FILE, None)
    trust, note, signer = verify_signature(files[MANIFEST_FILE], signature, publishers)
    manifest = read_manifest(files.pop(MANIFEST_FILE))
    official = shipped_packs().get(manifest.id)
    if official and official.manifest.files != manifest.files:
        raise BadPack(
            f"{manifest.id} comes with OpenRisk, and this is another pack under its id. If it is "
            "yours, give it an id of your own."
        )
    return Pack(manifest, trust, check_files(manifest, files), note, signer)


def verify_signature(
    manifest: bytes, signature: bytes | None, publishers: Mapping[str, str]
) -> tuple[Trust, str, str]:
    """The trust, the reason not to trust it, and the name of the publisher who signed it.

    A wrong signature is worse than none: someone changed the manifest. Raises BadPack.
    """
    if signature is None:
        return Trust.UNSIGNED, "It is not signed.", ""
    fields = parse_json(signature, SIGNATURE_FILE)
    if not isinstance(fields, dict):
        raise BadPack(f"The signature file has an unknown format. {AGAIN}")
    key, value = str(fields.get("key", "")), str(fields.get("signature", ""))
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(value, validate=True), manifest)
    except (InvalidSignature, ValueError, binascii.Error):
        raise BadPack(
            "The signature does not fit the manifest: the pack was modified after it was signed. "
            + AGAIN
        ) from None
    if key not in publishers:
        note = f"It is signed with the key {key}, which this installation does not trust."
        return Trust.UNSIGNED, note, ""
    return Trust.PUBLISHER, "", publishers[key]


def check_files(manifest: Manifest, files: dict[str, bytes]) -> list[tuple[str, Any]]:
    """Compare the files with the manifest and read them. Raises BadPack."""
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
    """The packs that come with OpenRisk, by id.

    They are folders of the project and change only with the code, so they are read once.
    """
    packs = {}
    for folder in sorted(SHIPPED.iterdir()):
        if folder.is_dir():
            content, files = build_manifest(folder)
            manifest = read_manifest(content)
            packs[manifest.id] = Pack(manifest, Trust.OFFICIAL, check_files(manifest, files))
    return packs
