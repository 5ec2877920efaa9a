"""Profiles of OSCAL: what they select and change, and what the catalogue lacks of it."""

import io
import json
import zipfile

import pytest

from marketplace.connectors.items import ControlItem, FrameworkItem
from tests.conftest import SHARED_DATA
from tests.marketplace.connectors.reading_reports import read, rejected

CONTROLS = [
    {"id": "a-1", "title": "First", "params": [{"id": "a-1_prm_1", "label": "period"}]},
    {"id": "a-2", "title": "Second", "controls": [{"id": "a-2.1", "title": "Below"}]},
    {"id": "a-9", "title": "Old", "props": [{"name": "status", "value": "withdrawn"}]},
]


def pack(selection, **modify):
    """A profile and its catalogue in a ZIP file."""
    catalog = {"metadata": {"title": "House"}, "groups": [{"id": "a", "controls": CONTROLS}]}
    profile = {
        "metadata": {"title": "Baseline"},
        "imports": [{"href": "house.json", **selection}],
        "modify": modify,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("house.json", json.dumps({"catalog": catalog}))
        archive.writestr("baseline.json", json.dumps({"profile": profile}))
    return file.getvalue()


def include(*ids, **more):
    return {"include-controls": [{"with-ids": list(ids), **more}]}


def identifiers(items):
    return [item.identifier for item in items if isinstance(item, ControlItem)]


def test_a_profile_selects_controls():
    items = read("oscal", pack(include("a-2", **{"with-child-controls": "yes"})))
    assert items[0] == FrameworkItem(0, "Baseline")
    assert (identifiers(items), rejected(items)) == (["a-2", "a-2.1"], [])


def test_controls_that_the_catalogue_lacks_are_named():
    items = read("oscal", pack(include("a-1", "a-3", "a-9", matching=[{"pattern": "b-*"}])))
    assert identifiers(items) == ["a-1"]
    assert rejected(items) == [
        (3, "The profile wants control a-3, which house.json does not have.", "a-3"),
        (4, "The profile wants control a-9, which house.json has withdrawn.", "a-9"),
        (5, "The profile wants controls like b-*, and house.json has none.", "b-*"),
    ]


@pytest.mark.parametrize(
    ("modify", "reason"),
    [
        (
            {"set-parameters": [{"param-id": "a-2_prm_1", "values": ["a year"]}]},
            "The profile sets parameter a-2_prm_1, which no selected control has.",
        ),
        (
            {"alters": [{"control-id": "a-2", "adds": [{"parts": []}]}]},
            "The profile changes control a-2, which it does not select.",
        ),
        ({"set-parameters": [{"param-id": "a-1_prm_1", "values": ["a year"]}]}, None),
    ],
)
def test_changes_of_what_is_not_there_are_named(modify, reason):
    items = read("oscal", pack(include("a-1"), **modify))
    assert [said for _, said, _ in rejected(items)] == ([reason] if reason else [])


def test_a_profile_that_wants_more_than_there_is():
    path = SHARED_DATA / "faults" / "oscal-profile-wants-more.zip"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    items = read("oscal", path.read_bytes())
    assert identifiers(items) == ["a-1", "a-2"]
    assert [value for _, _, value in rejected(items)] == ["a-3"]
