"""Cells as values: people, words, lists and texts."""

import pytest

from tests.risks.registers.mapping.reading import first, guessed, read


@pytest.mark.parametrize(
    ("cell", "owner", "name"),
    [
        ("ann@example.com", "ann@example.com", ""),
        ("Ann Lee <ann@example.com>", "ann@example.com", "Ann Lee"),
        ("Ann Lee (ann@example.com)", "ann@example.com", "Ann Lee"),
        ("IT/Security", None, "IT/Security"),
        ("", None, ""),
    ],
)
def test_an_owner_is_an_address_or_a_name(cell: str, owner: str | None, name: str) -> None:
    row = first(f"Title,Owner\nx,{cell}\n")
    assert (row.values["owner"], row.values["owner_name"]) == (owner, name)
    assert row.extra == {}


def test_of_two_owners_the_first_is_taken_and_both_are_kept() -> None:
    interpretation = read("Title,Owner\nx,ann@example.com; bob@example.com\n")
    assert interpretation.rows[0].values["owner"] == "ann@example.com"
    assert interpretation.rows[0].extra == {"Owner": "ann@example.com; bob@example.com"}
    assert guessed(interpretation, "person") == ["Owner"]


def test_name_and_address_of_the_owner_may_be_two_columns() -> None:
    row = first("Title,Risk owner,Owner email\nx,Ann Lee,ann@example.com\n")
    assert (row.values["owner"], row.values["owner_name"]) == ("ann@example.com", "Ann Lee")


def test_an_assignee_without_an_address_is_kept() -> None:
    row = first("Title,Assigned to\nx,IT\n")
    assert row.values["assignee"] is None
    assert row.extra == {"Assigned to": "IT"}


def test_unknown_states_and_treatments_leave_the_field_alone_and_are_kept() -> None:
    row = first("Title,Status,Treatment decision\nx,Simmering,Pray\ny,Open,Accept\n")
    assert row.values == {"title": "x"}
    assert row.extra == {"Status": "Simmering", "Treatment decision": "Pray"}


def test_the_first_of_several_words_is_taken_and_all_are_kept() -> None:
    interpretation = read(
        "Title,Status,Treatment decision\nx,Open (since May),Reduce / Transfer\ny,,Accept\n"
    )
    row = interpretation.rows[0]
    assert (row.values["status"], row.values["treatment"]) == ("identified", "mitigate")
    assert row.extra == {"Status": "Open (since May)", "Treatment decision": "Reduce / Transfer"}
    assert guessed(interpretation, "treatment") == ["Treatment decision"]


def test_assets_keep_their_commas_and_tags_do_not() -> None:
    row = first('Title,Assets,Tags\nx,"Room 1, cellar; Mail","a, b"\n')
    assert row.values["assets"] == ["Room 1, cellar", "Mail"]
    assert row.values["tags"] == ["a", "b"]
