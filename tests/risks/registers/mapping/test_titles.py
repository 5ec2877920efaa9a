"""Titles that are made."""

import pytest

from tests.risks.registers.mapping.reading import errors, first, guessed, read

LONG = "If the server room floods, the mail servers stop and nobody can book. " + "More. " * 60


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Threat,Vulnerability\nFire,No sprinklers\n", "Fire: No sprinklers"),
        ("Threat,Vulnerability\nFire,\n", "Fire"),
        ("Risk description\nMail fails. Nobody notices.\n", "Mail fails"),
        ("Risk statement,Threat,Vulnerability\nMail fails,Fire,Wood\n", "Mail fails"),
        ("Title,Threat\n,Fire\n", "Fire"),
        ("Title,Threat\nSmoke,Fire\n", "Smoke"),
        ("Title,Threat\n0.82,Fire\n", "Fire"),
    ],
)
def test_a_title_is_found(text: str, title: str) -> None:
    assert first(text).values["title"] == title


def test_a_long_statement_gives_a_title_and_a_description() -> None:
    interpretation = read(
        f"Risk ID,Title,Description\nR1,{LONG!r},Seen in 2021\n".replace("'", '"')
    )
    row = interpretation.rows[0]
    assert row.values["title"].startswith("If the server room floods, the mail servers stop")
    assert row.values["description"] == f"{LONG.strip()}\n\nSeen in 2021"
    assert (row.errors, guessed(interpretation, "title")) == ([], [None])


def test_a_title_that_was_made_is_never_too_long() -> None:
    row = first(f"Threat,Vulnerability\n{'fire ' * 60},{'wood ' * 60}\n")
    assert len(row.values["title"]) <= 255
    assert row.errors == []


def test_a_number_is_not_a_title() -> None:
    row = first("Title,Owner\n0.82,Ann\n")
    assert [error.reason[:25] for error in row.errors] == ["A number is not a title. "]
    assert errors("Title,Owner\n1984: Fire,Ann\n") == []


def test_two_statements_that_begin_alike_are_two_risks() -> None:
    text = "Risk description\nData loss. By fire.\nData loss. By theft.\n"
    assert [row.identity for row in read(text).rows] == [
        "data loss. by fire.",
        "data loss. by theft.",
    ]


def test_the_same_threat_to_two_assets_is_two_risks() -> None:
    assert len({row.identity for row in read("Threat,Assets\nFire,Cellar\nFire,Roof\n").rows}) == 2
    assert len({row.identity for row in read("Threat,Assets\nFire,Roof\nFire,Roof\n").rows}) == 1
