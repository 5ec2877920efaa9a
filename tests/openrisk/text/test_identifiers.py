"""The section and the place of a control follow from its identifier."""

import pytest

from openrisk.text.identifiers import natural_key, section_of


@pytest.mark.parametrize(
    ("identifier", "section"),
    [
        ("A.5.1", "A.5"),
        ("AC-2", "AC"),
        ("AC-2(1)", "AC"),
        ("GV.OC-01", "GV.OC"),
        ("CC6.1", "CC6"),
        ("6.2.1a", "6.2"),
        ("C-0001", "C"),
        ("12", ""),
        ("Access by need", ""),
    ],
)
def test_section_is_what_stands_before_the_last_number(identifier, section):
    assert section_of(identifier) == section


def test_numbers_sort_as_numbers():
    identifiers = ["AC-3", "AC-2(10)", "A.10.1", "A.5.10", "AC-2(1)", "AC-2", "A.5.2"]
    ordered = ["A.5.2", "A.5.10", "A.10.1", "AC-2", "AC-2(1)", "AC-2(10)", "AC-3"]
    assert sorted(identifiers, key=natural_key) == ordered
