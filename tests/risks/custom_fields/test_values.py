"""What a value of each kind is: from text, as JSON, and in words."""

import pytest
from django.core.exceptions import ValidationError

from risks.custom_fields.values import clean_value, parse_text, value_text, value_words
from risks.models import CustomField

ANNA = "0190aaaa-0000-7000-8000-000000000001"


def field(kind, **values):
    return CustomField(key="f", label="F", kind=kind, **values)


def find_person(text):
    return ANNA if text == "anna@example.com" else None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "  Oslo ", "Oslo"),
        ("number", "12.50", 12.5),
        ("number", "1,200", 1200),
        ("number", "1.234.567,5", 1234567.5),
        ("number", "3,5", 3.5),
        ("money", "€ 1 200.00", 1200),
        ("money", "99 eur", 99),
        ("date", "2027-3-1", "2027-03-01"),
        ("date", "31.12.2026", "2026-12-31"),
        ("choice", "NORTH", "North"),
        ("choices", "south; North", ["North", "South"]),
        ("choices", "south, north", ["North", "South"]),
        ("person", "anna@example.com", ANNA),
        ("link", "https://example.com/a", "https://example.com/a"),
        ("flag", "Yes", True),
        ("flag", "0", False),
        ("text", "", None),
    ],
)
def test_a_cell_is_read_as_its_kind(kind, text, value):
    made = field(kind, options=["North", "South"], unit="EUR" if kind == "money" else "")
    assert parse_text(made, text, find_person) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "about 12"),
        ("number", "1.23456"),
        ("number", "nan"),
        ("money", "12 USD"),
        ("date", "03/04/2027"),
        ("date", "31.02.2027"),
        ("choice", "West"),
        ("choices", "North; West"),
        ("person", "Anna"),
        ("link", "javascript:alert(1)"),
        ("flag", "perhaps"),
        ("text", "x" * 256),
    ],
)
def test_a_cell_that_means_nothing_is_refused(kind, text):
    with pytest.raises(ValidationError):
        parse_text(field(kind, options=["North"], unit="EUR"), text, find_person)


@pytest.mark.parametrize(
    ("kind", "value", "text", "words"),
    [
        ("number", 1200.5, "1200.5", "1,200.5"),
        ("money", 1200, "1200", "1,200 EUR"),
        ("date", "2027-03-01", "2027-03-01", "1 Mar 2027"),
        ("choices", ["North", "South"], "North; South", "North, South"),
        ("flag", False, "no", "No"),
        ("person", ANNA, "anna@example.com", "anna@example.com"),
    ],
)
def test_a_file_reads_back_what_it_writes(kind, value, text, words):
    made = field(kind, options=["North", "South"], unit="EUR" if kind == "money" else "")
    people = {ANNA: "anna@example.com"}
    assert value_text(made, value, people) == text
    assert value_words(made, value, people) == words
    assert parse_text(made, text, find_person) == clean_value(made, value) == value
