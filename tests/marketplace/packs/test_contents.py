"""What the files of a pack may hold, and what of it contradicts itself."""

import json

import pytest

from marketplace.packs.contents import read_contents
from marketplace.packs.errors import BadPack

RISK = {"id": "a", "title": "Flood", "category": "Water"}
MATRIX = {
    "id": "m", "name": "M", "description": "",
    "likelihood_labels": ["1", "2", "3", "4", "5"], "impact_labels": ["1", "2", "3", "4", "5"],
    "levels": [["low"] * 5] * 4 + [["high"] * 5],
}  # fmt: skip


def risks(*rows, categories=("Water",)):
    named = [{"name": name} for name in categories]
    return {"categories": named, "risks": [RISK | dict(row) for row in rows]}


def framework(*controls, name="Rules"):
    names = ("identifier", "title", "parent")
    return {"name": name, "controls": [dict(zip(names, c, strict=False)) for c in controls]}


def boards(*slugs):
    return {"boards": [{"slug": slug, "name": "Board", "widgets": []} for slug in slugs]}


def read(**files):
    """Of files by kind; a name as `risks_b` is a second one of its kind."""
    return read_contents(
        (f"{name}.json", name.partition("_")[0], json.dumps(value).encode())
        for name, value in files.items()
    )


def test_each_kind_is_read_as_it_is():
    files = {
        "risks": risks({"inherent_likelihood": 1, "inherent_impact": 5, "tags": ["x"]}),
        "framework": framework(("A", "A"), ("A.1", "B", "A"), ("A.2", "B", "A")),
        "matrices": {"matrices": [MATRIX]},
        "boards": boards("one", "two"),
    }
    assert read(**files) == list(files.items())


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"inherent_likelihood": 1, "inherent_impact": 9}, "inherent_impact: 9 is greater"),
        ({"inherent_likelihood": 2.0, "inherent_impact": 2}, "inherent_likelihood: 2.0 is not"),
        ({"inherent_likelihood": True, "inherent_impact": 2}, "inherent_likelihood: True is not"),
        ({"title": "Flood\nand fire"}, "title: .* does not fit. Write one line"),
        ({"title": "x" * 256}, "title: 'x+… is longer than 255 characters"),
        ({"description": "half \ud800"}, r"description: the text has the character U\+D800"),
        ({"description": "nothing \0"}, r"description: the text has the character U\+0000"),
        ({"treatment": "ignore"}, "treatment: 'ignore' is not one of"),
        (
            {"suggested_treatment": [{"title": "x" * 201}]},
            "suggested_treatment/0/title: .* longer than 200 characters",
        ),
        ({"status": "accepted"}, ".*'status' was unexpected"),
    ],
)
def test_a_value_of_another_shape_is_told_with_its_place(said, place):
    with pytest.raises(BadPack, match=f"^risks.json, at risks/0/?:? ?{place}"):
        read(risks=risks(said))


def test_half_a_rating_is_none():
    with pytest.raises(BadPack, match=r"risks/0: .* give both, or neither"):
        read(risks=risks({"inherent_impact": 2}))


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"risks": risks({}, {"title": "Fire"})}, "risks/1/id: 'a' is a risk id already"),
        ({"risks": risks({}, {"id": "b", "title": "FLOOD"})}, "'FLOOD' is a risk title already"),
        ({"risks": risks(categories=("Water", "water"))}, "categories/1/name: 'water' is a categ"),
        (
            {"risks": risks({}), "risks_b": risks({"title": "Fire"}, categories=())},
            r"^risks_b.json, at risks/0/id: .* \(risks.json, at risks/0/id\)",
        ),
        ({"framework": framework(("A", "A"), ("A", "B"))}, "controls/1/identifier: 'Rules/A' is a"),
        ({"framework": framework(), "framework_b": framework()}, "'Rules' is a framework already"),
        ({"matrices": {"matrices": [MATRIX, MATRIX]}}, "matrices/1/id: 'm' is a matrix already"),
        ({"boards": boards("one", "one")}, "boards/1/slug: 'one' is a board already"),
    ],
)
def test_what_has_a_name_has_it_alone(files, reason):
    with pytest.raises(BadPack, match=reason):
        read(**files)


def test_identifiers_that_differ_in_case_are_two():
    assert read(framework=framework(("A.1(a)", "A"), ("A.1(A)", "B")))


def test_a_category_is_listed_in_any_file_of_the_pack():
    listed = {"risks": risks({}), "risks_b": risks({"id": "b", "title": "Fire"}, categories=())}
    assert len(read(**listed)) == 2
    with pytest.raises(BadPack, match="risks/0/category: 'water' is not among the categories"):
        read(risks=risks({"category": "water"}))


@pytest.mark.parametrize(
    "controls",
    [
        [("A", "A", "Z")],
        [("A", "A", "A")],
        [("A", "A", "B"), ("B", "B", "A")],
        [("A.1", "A", "A"), ("A", "B")],
    ],
)
def test_a_parent_stands_before_its_children(controls):
    with pytest.raises(BadPack, match=r"controls/0/parent: .* List the parent before it"):
        read(framework=framework(*controls))


def test_a_matrix_only_rises():
    falling = MATRIX | {"levels": [["high"] * 5] + [["low"] * 5] * 4}
    with pytest.raises(BadPack, match=r"matrices/0/levels: .*must not lower the level"):
        read(matrices={"matrices": [falling]})
