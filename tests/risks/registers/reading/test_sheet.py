"""Columns as spreadsheets name them."""

import pytest

from risks.registers.reading.sheet import column_letter
from risks.registers.reading.xlsx import column_index


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_a_column_has_its_letters(index: int, letters: str) -> None:
    assert column_letter(index) == letters
    assert column_index(letters) == index
