"""Packs as files: what is verified, and what never loads."""

import io
import zipfile

import pytest

from marketplace.archives import BadArchive, read_archive
from marketplace.packs.archive import SHIPPED, Trust, open_pack
from marketplace.packs.building import build_pack, new_key, public_key, read_key
from marketplace.packs.errors import BadPack

FOLDER = SHIPPED / "matrices-5x5"
KEY = read_key(new_key())


def changed(packed: bytes, **files: bytes | None) -> bytes:
    """With files added, replaced or (None) left out; "__" stands for a dot."""
    wanted = {name.replace("__", "."): content for name, content in files.items()}
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(made, "w") as new:
        contents = {name: old.read(name) for name in old.namelist()} | wanted
        for name, content in contents.items():
            if content is not None:
                new.writestr(name, content)
    return made.getvalue()


def load(packed: bytes, publishers=()):
    return open_pack(io.BytesIO(packed), dict(publishers))


@pytest.mark.parametrize(
    ("key", "known", "trust"),
    [(KEY, True, Trust.PUBLISHER), (KEY, False, Trust.UNSIGNED), (None, True, Trust.UNSIGNED)],
)
def test_trust_is_by_the_publishers_key(key, known, trust):
    publishers = {public_key(KEY): "We"} if known else {}
    pack = load(build_pack(FOLDER, key), publishers)
    assert pack.trust == trust
    assert bool(pack.note) == (trust == Trust.UNSIGNED)
    assert pack.signed_by == ("We" if trust == Trust.PUBLISHER else "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"matrices__json": b'{"matrices": []}'}, "matrices.json is not as the manifest says"),
        ({"matrices__json": None}, "in the manifest and not in the pack"),
        ({"more__json": b"{}"}, "in the pack and not in its manifest"),
        ({"manifest__json": b"{}"}, "signature does not fit"),
        ({"manifest__json": None}, "Not a pack"),
        ({"manifest__sig": b'{"key": "x", "signature": "y"}'}, "signature does not fit"),
        ({"manifest__sig": b"[]"}, "unknown format"),
        ({"manifest__sig": b"signed"}, "manifest.sig is not valid JSON"),
        ({"inner__zip": build_pack(FOLDER)}, "inner.zip is in the pack and not in its manifest"),
        ({"more/matrices__json": b"{}"}, "in the pack and not in its manifest"),
    ],
)
def test_what_was_modified_never_loads(change, reason):
    packed = changed(build_pack(FOLDER, KEY), **change)
    with pytest.raises(BadPack, match=reason):
        load(packed, {public_key(KEY): "We"})


def test_a_signature_by_another_key_is_none_of_ours_and_told():
    other = read_key(new_key())
    pack = load(build_pack(FOLDER, other), {public_key(KEY): "We"})
    assert pack.trust == Trust.UNSIGNED
    assert public_key(other) in pack.note


def test_a_signature_of_another_pack_does_not_fit():
    """Nor does one by our key that somebody else claims for theirs."""
    other = read_key(new_key())
    signed = zipfile.ZipFile(io.BytesIO(build_pack(SHIPPED / "starter-risks", KEY)))
    ours = signed.read("manifest.sig")
    theirs = ours.replace(public_key(KEY).encode(), public_key(other).encode())
    for signature in (ours, theirs):
        with pytest.raises(BadPack, match="signature does not fit"):
            load(changed(build_pack(FOLDER, KEY), manifest__sig=signature), {public_key(KEY): "We"})


def test_nobody_else_gives_a_pack_the_id_of_one_that_comes_along(folder):
    """A trusted publisher's either: it would replace what people believe to be ours."""
    folder(about={"id": "openrisk.matrices-5x5", "publisher": "OpenRisk"})
    with pytest.raises(BadPack, match="another pack under its id"):
        load(build_pack(folder.path, KEY), {public_key(KEY): "We"})
    folder(about={"id": "example.matrices"})
    assert load(build_pack(folder.path, KEY)).manifest.id == "example.matrices"


def test_without_its_signature_a_pack_is_unsigned():
    packed = changed(build_pack(FOLDER, KEY), manifest__sig=None)
    assert load(packed, {public_key(KEY): "We"}).trust == Trust.UNSIGNED


# --- Archives ---------------------------------------------------------------------------------
def zipped(**names: bytes) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return made


@pytest.mark.parametrize(
    "name", ["../x.json", "/etc/x.json", "a/../../x.json", "a\\x.json", "C:x.json"]
)
def test_paths_stay_inside(name):
    with pytest.raises(BadArchive, match="outside"):
        read_archive(zipped(**{name: b"{}"}))


def test_a_bomb_is_not_unpacked():
    with pytest.raises(BadArchive, match="far more than any text"):
        read_archive(zipped(bomb=b"\0" * 50_000_000))


def test_a_bomb_of_bombs_stays_packed():
    inner = zipped(**{f"{number}.json": b"\0" * 900_000 for number in range(100)}).getvalue()
    files = {f"{number}__zip": inner for number in range(100)}
    with pytest.raises(BadPack, match="in the pack and not in its manifest"):
        load(changed(build_pack(FOLDER, KEY), **files), {public_key(KEY): "We"})


def test_what_is_encrypted_is_refused():
    packed = bytearray(zipped(a=b"x" * 100).getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + place] |= 1
    with pytest.raises(BadArchive, match="encrypted"):
        read_archive(io.BytesIO(bytes(packed)))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_only_plain_packing_is_read(method):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("a.json", b"{}")
    with pytest.raises(BadArchive, match="Pack it as plain ZIP"):
        read_archive(made)


def test_a_name_that_differs_from_the_directory_is_damage():
    packed = zipped(a=b"{}").getvalue().replace(b"a", b"b", 1)
    with pytest.raises(BadArchive, match="damaged"):
        read_archive(io.BytesIO(packed))


def test_many_bombs_are_not_either():
    files = {f"bomb{number}": b"\0" * 20_000_000 for number in range(8)}
    with pytest.raises(BadArchive, match="more than 128 MB"):
        read_archive(zipped(**files))


def test_a_file_that_is_longer_than_it_says_is_damaged():
    packed = bytearray(zipped(a=b"x" * 100).getvalue())
    place = packed.rindex(b"PK\x01\x02")
    packed[place + 24 : place + 28] = (10).to_bytes(4, "little")
    with pytest.raises(BadArchive):
        read_archive(io.BytesIO(bytes(packed)))


def test_many_files_links_and_twins_are_refused():
    with pytest.raises(BadArchive, match="more than 200 files"):
        read_archive(zipped(**{str(number): b"" for number in range(201)}))
    with pytest.raises(BadArchive, match="two files of the same name"):
        read_archive(zipped(a=b"", A=b""))
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(link, b"/etc/passwd")
    with pytest.raises(BadArchive, match="is a link"):
        read_archive(made)
