"""Packs as files: what is verified, and what never loads."""

import io
import json
import zipfile
from collections import Counter

import pytest

from marketplace.archives import BadArchive, read_archive
from marketplace.packs.archive import SHIPPED, Trust, open_pack, shipped
from marketplace.packs.building import build, new_key, public_key, read_key
from marketplace.packs.manifest import BadPack, within
from risks.services.matrix import _check_levels

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


def test_a_folder_becomes_the_same_pack_each_time():
    assert build(FOLDER, KEY) == build(FOLDER, KEY)


@pytest.mark.parametrize(
    ("key", "known", "trust"),
    [(KEY, True, Trust.PUBLISHER), (KEY, False, Trust.UNSIGNED), (None, True, Trust.UNSIGNED)],
)
def test_trust_is_by_the_publishers_key(key, known, trust):
    publishers = {public_key(KEY): "We"} if known else {}
    pack = load(build(FOLDER, key), publishers)
    assert pack.trust == trust
    assert bool(pack.note) == (trust == Trust.UNSIGNED)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"matrices__json": b'{"matrices": []}'}, "matrices.json is not what was signed"),
        ({"matrices__json": None}, "in the manifest and not in the pack"),
        ({"more__json": b"{}"}, "in the pack and not in its manifest"),
        ({"manifest__json": b"{}"}, "signature does not fit"),
        ({"manifest__json": None}, "this is no pack"),
        ({"manifest__sig": b'{"key": "x", "signature": "y"}'}, "signature does not fit"),
        ({"manifest__sig": b"[]"}, "no shape that is known"),
    ],
)
def test_what_was_modified_never_loads(change, reason):
    packed = changed(build(FOLDER, KEY), **change)
    with pytest.raises(BadPack, match=reason):
        load(packed, {public_key(KEY): "We"})


def test_a_signature_by_another_key_is_none_of_ours():
    other = read_key(new_key())
    pack = load(build(FOLDER, other), {public_key(KEY): "We"})
    assert pack.trust == Trust.UNSIGNED


def test_without_its_signature_a_pack_is_unsigned():
    packed = changed(build(FOLDER, KEY), manifest__sig=None)
    assert load(packed, {public_key(KEY): "We"}).trust == Trust.UNSIGNED


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"version": "1"}, "at version"),
        ({"id": "No Spaces"}, "at id"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_manifest_of_another_shape_is_told(tmp_path, said, reason):
    about = json.loads((FOLDER / "pack.json").read_text())
    (tmp_path / "pack.json").write_text(json.dumps(about | said))
    with pytest.raises(BadPack, match=reason):
        build(tmp_path)


def test_contents_of_another_shape_are_told_with_their_place(tmp_path):
    (tmp_path / "pack.json").write_text((FOLDER / "pack.json").read_text())
    (tmp_path / "risks.json").write_text(
        '{"categories": [], "risks": [{"id": "a", "title": "A", "category": "C", '
        '"inherent_impact": 9}]}'
    )
    with pytest.raises(BadPack, match="at risks/0/inherent_impact: 9 is greater"):
        build(tmp_path)


def test_contents_are_of_a_known_kind(tmp_path):
    (tmp_path / "pack.json").write_text((FOLDER / "pack.json").read_text())
    (tmp_path / "code.json").write_text("{}")
    with pytest.raises(BadPack, match="of no known kind"):
        build(tmp_path)


@pytest.mark.parametrize(
    ("version", "wanted", "holds"),
    [
        ("1.2.3", ">=1.0,<2", True),
        ("2.0.0", ">=1.0,<2", False),
        ("1.2.3", "1.2.3", True),
        ("1.10.0", ">1.9", True),
    ],
)
def test_ranges_of_versions(version, wanted, holds):
    assert within(version, wanted) is holds


def test_what_is_no_range_is_told():
    with pytest.raises(BadPack, match="no range"):
        within("1.0.0", "latest")


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


# --- What comes with the project --------------------------------------------------------------
def test_the_shipped_packs_are_official():
    assert {pack.trust for pack in shipped().values()} == {Trust.OFFICIAL}


def test_the_starter_risks_are_complete():
    value = dict(shipped()["openrisk.starter-risks"].contents)["risks"]
    rows = value["risks"]
    assert len(rows) >= 60
    for name in ("id", "title"):
        assert max(Counter(row[name] for row in rows).values()) == 1
    assert {row["category"] for row in rows} == {part["name"] for part in value["categories"]}
    needed = ("description", "treatment", "suggested_treatment", "inherent_impact", "tags")
    assert not [row["id"] for row in rows if not all(row.get(name) for name in needed)]


def test_the_matrices_only_rise():
    rows = dict(shipped()["openrisk.matrices-5x5"].contents)["matrices"]["matrices"]
    for row in rows:
        _check_levels(row["levels"])
    assert len({str(row["levels"]) for row in rows}) >= 4
