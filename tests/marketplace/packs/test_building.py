"""From a folder to a pack that is the same each time."""

import base64
import io
import os
import zipfile

import pytest

from marketplace.packs.archive import SHIPPED, Trust, open_pack
from marketplace.packs.building import build_pack, new_key, public_key, read_key
from marketplace.packs.errors import BadPack

KEY = read_key(new_key())


def test_the_same_folder_and_key_give_the_same_bytes(folder):
    path = folder()
    first = build_pack(path, KEY)
    for file in path.iterdir():
        os.utime(file, (1, 1))
    assert build_pack(path, KEY) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == ["manifest.json", "manifest.sig", "risks.json"]


@pytest.mark.parametrize("name", ["starter-risks", "matrices-5x5"])
def test_what_was_built_opens_as_it_was(name):
    packed = build_pack(SHIPPED / name, KEY)
    pack = open_pack(io.BytesIO(packed), {public_key(KEY): "We"})
    assert (pack.trust, pack.signed_by) == (Trust.PUBLISHER, "We")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for part in pack.manifest.files:
            assert archive.read(part["path"]) == (SHIPPED / name / part["path"]).read_bytes()


def test_a_key_is_read_from_pem_or_base64():
    raw = base64.b64encode(KEY.private_bytes_raw()) + b"\n"
    assert public_key(read_key(raw)) == public_key(KEY)


@pytest.mark.parametrize("content", [b"", b"AAAA", b"-----BEGIN NOTHING-----", b"\xff\xfe"])
def test_what_is_no_key_is_told(content):
    with pytest.raises(BadPack, match="Not a private key of Ed25519"):
        read_key(content)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({"code": {}}, "The kind of code.json is unknown. Begin its name with framework, risks"),
        ({"risks-ä": {"categories": [], "risks": []}}, "at files/0/path: 'risks-ä.json' does not"),
        ({"risks": b"{"}, "risks.json is not valid JSON, at line 1, column 2"),
        ({"risks": {"categories": []}}, "risks.json, at the top: 'risks' is a required property"),
    ],
)
def test_what_would_not_open_is_not_built(folder, contents, reason):
    with pytest.raises(BadPack, match=reason):
        build_pack(folder(**contents))


def test_a_folder_without_contents_is_no_pack(folder):
    (folder() / "risks.json").unlink()
    with pytest.raises(BadPack, match=r"has no contents\. Add framework\.json or risks\.json"):
        build_pack(folder.path)


def test_a_folder_that_is_none_is_told(tmp_path):
    with pytest.raises(BadPack, match="cannot be read: No such file"):
        build_pack(tmp_path / "nowhere")
