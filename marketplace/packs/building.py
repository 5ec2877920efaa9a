"""Builds a pack from a folder: a signed ZIP, with the same bytes each time.

The folder has `pack.json` (the manifest without its files) and the contents, whose names begin with
their kind: `framework.json`, `risks-privacy.json`.
"""

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from marketplace.packs.contents import read_contents
from marketplace.packs.errors import BadPack
from marketplace.packs.manifest import check_schema, parse_json, read_manifest
from marketplace.packs.schemas import FORMAT, SCHEMAS, SOURCE

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time in a ZIP


def new_key() -> bytes:
    """A private key, as PEM without a password."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(content: bytes) -> Ed25519PrivateKey:
    """Read PEM without a password, or 32 bytes in base64. Raises BadPack."""
    try:
        if b"-----BEGIN" not in content:
            raw = base64.b64decode(content.strip(), validate=True)
            return Ed25519PrivateKey.from_private_bytes(raw)
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadPack(
            "Not a private key of Ed25519, as PEM without a password or in base64. Make one with "
            "--new-key."
        )
    return key


def public_key(key: Ed25519PrivateKey) -> str:
    """The public key in base64, which installations store for a publisher."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def build_pack(folder: Path, key: Ed25519PrivateKey | None = None) -> bytes:
    """Build the pack and sign it if there is a key. Raises BadPack."""
    manifest, files = build_manifest(folder)
    if key is not None:
        signature = base64.b64encode(key.sign(manifest)).decode()
        fields = {"key": public_key(key), "signature": signature}
        files["manifest.sig"] = json.dumps(fields).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted({**files, "manifest.json": manifest}.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def build_manifest(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """The manifest of a folder, and its files by path. Raises BadPack."""
    try:
        source = parse_json((folder / "pack.json").read_bytes(), "pack.json")
        files = {
            path.name: path.read_bytes()
            for path in sorted(folder.glob("*.json"))
            if path.name != "pack.json"
        }
    except OSError as error:
        raise BadPack(f"{folder} cannot be read: {error.strerror}. Name a folder.") from None
    check_schema(SOURCE, source, "pack.json")
    if not files:
        raise BadPack(f"{folder} has no contents. Add {' or '.join(f'{k}.json' for k in SCHEMAS)}.")
    listed = [
        {
            "path": name,
            "kind": kind_of_file(name),
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
        for name, content in files.items()
    ]
    whole = {"format": FORMAT, **source, "files": listed}
    manifest = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode()
    read_manifest(manifest)
    read_contents((name, kind_of_file(name), content) for name, content in files.items())
    return manifest, files


def kind_of_file(name: str) -> str:
    kind = name.removesuffix(".json").partition("-")[0]
    if kind not in SCHEMAS:
        raise BadPack(f"The kind of {name} is unknown. Begin its name with {', '.join(SCHEMAS)}.")
    return kind
