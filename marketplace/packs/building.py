"""Making a pack: from a folder to a signed ZIP, the same bytes each time.

A folder has `pack.json` (the manifest without its files) and the contents, each named after its
kind: `framework.json`, `risks-privacy.json`.
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
from marketplace.packs.manifest import BadPack, check_schema, parse_json, read_manifest
from marketplace.packs.schemas import FORMAT, SCHEMAS, SOURCE

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP can name


def new_key() -> bytes:
    """A private key, as PEM without a password."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(content: bytes) -> Ed25519PrivateKey:
    """From PEM without a password, or from the 32 bytes in base64. Raises BadPack."""
    try:
        if b"-----BEGIN" not in content:
            raw = base64.b64decode(content.strip(), validate=True)
            return Ed25519PrivateKey.from_private_bytes(raw)
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadPack(
            "This is no private key of Ed25519, as PEM without a password or in base64. Make one "
            "with --new-key."
        )
    return key


def public_key(key: Ed25519PrivateKey) -> str:
    """By which an installation knows the publisher: base64."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def build_pack(folder: Path, key: Ed25519PrivateKey | None = None) -> bytes:
    """The pack, signed where a key is given. Raises BadPack."""
    manifest, files = build_manifest(folder)
    if key is not None:
        signature = base64.b64encode(key.sign(manifest)).decode()
        said = {"key": public_key(key), "signature": signature}
        files["manifest.sig"] = json.dumps(said).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted({**files, "manifest.json": manifest}.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def build_manifest(folder: Path) -> tuple[bytes, dict[str, bytes]]:
    """The manifest and the contents by path. Raises BadPack."""
    try:
        said = parse_json((folder / "pack.json").read_bytes(), "pack.json")
        files = {
            path.name: path.read_bytes()
            for path in sorted(folder.glob("*.json"))
            if path.name != "pack.json"
        }
    except OSError as error:
        raise BadPack(f"{folder} cannot be read: {error.strerror}.") from None
    check_schema(SOURCE, said, "pack.json")
    if not files:
        raise BadPack(f"{folder} has no contents. Add {' or '.join(f'{k}.json' for k in SCHEMAS)}.")
    listed = [
        {
            "path": name,
            "kind": _kind(name),
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
        for name, content in files.items()
    ]
    whole = {"format": FORMAT, **said, "files": listed}
    manifest = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode()
    read_manifest(manifest)
    read_contents((name, _kind(name), content) for name, content in files.items())
    return manifest, files


def _kind(name: str) -> str:
    kind = name.removesuffix(".json").partition("-")[0]
    if kind not in SCHEMAS:
        raise BadPack(f"{name} is of no known kind. Begin its name with {', '.join(SCHEMAS)}.")
    return kind
