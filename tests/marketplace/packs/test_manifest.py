"""What a pack says of itself, how strictly it is read, and which version is later."""

from itertools import pairwise

import pytest

from marketplace.packs.building import build_pack
from marketplace.packs.errors import BadPack
from marketplace.packs.manifest import parse_json
from marketplace.packs.versions import is_version_in_range, version_key


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"version": "1"}, "at version: '1' does not fit. Write it as 1.2.3"),
        ({"version": "1.0.0-01"}, "at version"),
        ({"version": "1.0.0-rc..1"}, "at version"),
        ({"version": "1.0.0\n"}, "at version"),
        ({"version": "1.0.\u0663"}, "at version"),
        ({"id": "No Spaces"}, "at id: 'No Spaces' does not fit. Write small letters"),
        ({"id": "example.library\n"}, "at id"),
        ({"name": "  "}, "at name: '  ' does not fit. Write one line"),
        ({"name": "A\u200b"}, "at name"),
        ({"licence": "as you like it!"}, "at licence: .* Write an SPDX identifier"),
        ({"core": "latest"}, "'latest' is not a range of versions. Write it as >=1.0,<2"),
        ({"core": ">=0.1,newer"}, "not a range of versions"),
        ({"requires": [{"id": "x", "version": "^1"}]}, "not a range of versions"),
        ({"requires": [{"id": "example.library", "version": ">=1"}]}, "requires itself"),
        ({"requires": [{"id": "x", "version": ">=1"}] * 2}, "names a pack twice"),
        ({"colour": "red"}, "'colour' was unexpected"),
        (
            {"summary": "A \x1b[31mred\x1b[0m one"},
            r"at summary: the text has the character U\+001B",
        ),
    ],
)
def test_a_manifest_of_another_shape_is_told(folder, about, reason):
    with pytest.raises(BadPack, match=reason):
        build_pack(folder(about=about))


@pytest.mark.parametrize("version", ["1.0.0-rc.1", "1.0.0+2026.11", "0.0.0-0.a-b.7+x"])
def test_versions_are_those_of_semantic_versioning(folder, version):
    assert build_pack(folder(about={"version": version}))


@pytest.mark.parametrize("licence", ["CC-BY-4.0", "MIT OR (Apache-2.0 AND CC0-1.0)"])
def test_licences_are_expressions_of_spdx(folder, licence):
    assert build_pack(folder(about={"licence": licence}))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{,}", "a.json is not valid JSON, at line 1, column 2"),
        ("{}".encode("utf-16"), "not in UTF-8"),
        (b'{"a": 1, "a": 2}', "an object has 'a' twice"),
        (b"[NaN]", "NaN is not a number"),
        (b"[" * 100_000, "too many levels"),
        (b"9" * 10_000, "too large a number or too many levels"),
    ],
)
def test_json_is_read_strictly(content, reason):
    with pytest.raises(BadPack, match=reason):
        parse_json(content, "a.json")


# --- Versions -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("version", "wanted", "holds"),
    [
        ("1.2.3", ">=1.0,<2", True),
        ("2.0.0", ">=1.0,<2", False),
        ("2.0.0-rc.1", ">=1.0,<2", False),
        ("1.2.3+build", "1.2.3", True),
        ("1.2.3", "1.2.3", True),
        ("1.10.0", ">1.9", True),
    ],
)
def test_ranges_of_versions(version, wanted, holds):
    assert is_version_in_range(version, wanted) is holds


@pytest.mark.parametrize("wanted", ["latest", ">=1,", "", ">=1.2.3.4", "=>1"])
def test_what_is_no_range_is_told(wanted):
    with pytest.raises(BadPack, match="not a range"):
        is_version_in_range("0.0.1", wanted)


def test_versions_are_ordered_with_their_pre_releases():
    """The example of semver.org, with what surrounds it."""
    rising = [
        *("0.9.0", "1.0.0-2", "1.0.0-11", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"),
        *(
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1-a",
            "1.10.0",
        ),
    ]
    assert all(version_key(lower) < version_key(higher) for lower, higher in pairwise(rising))
    assert version_key("1.0.0+one") == version_key("1.0.0+two")
