"""Whole registers made from the lexicon: any language, scale, delimiter and layout of the table."""

import csv
import io
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.risks.registers.mapping.reading import read
from tests.risks.registers.mapping.test_generated_headers import registers

TITLES = ("Server room floods", "Key person leaves", "A disk fails", "Supplier closes down")
OWNERS = ("Facilities", "A. Doe", "IT", "Purchasing")
LIKELIHOODS = ("Rare", "Unlikely", "Possible", "Likely", "Almost certain")
IMPACTS = ("Insignificant", "Minor", "Moderate", "Major", "Severe")
RATINGS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=len(TITLES), max_size=len(TITLES)
)
# What people write around a table: lines above it, empty columns before it, lines below it.
ABOVE: tuple[list[list[str]], ...] = (
    [],
    [["Risk register of Acme"], []],
    [["Version 7"], ["Draft"], []],
)
BELOW: tuple[list[list[str]], ...] = ([], [[], ["Legend: 1 = rare, 5 = almost certain"]])


def write_rating(style: str, number: int, words: Sequence[str]) -> str:
    word = words[number - 1]
    return {"number": str(number), "word": word, "both": f"{number} - {word}"}[style]


@given(
    headers=registers(),
    ratings=RATINGS,
    style=st.sampled_from(["number", "word", "both"]),
    above=st.sampled_from(ABOVE),
    below=st.sampled_from(BELOW),
    left=st.integers(0, 2),
    delimiter=st.sampled_from(",;\t"),
)
@settings(max_examples=100, deadline=None)
def test_what_was_written_comes_back(
    headers: dict[str, str],
    ratings: list[tuple[int, int]],
    style: str,
    above: list[list[str]],
    below: list[list[str]],
    left: int,
    delimiter: str,
) -> None:
    lines = [[""] * left + list(headers.values())]
    for title, owner, (likelihood, impact) in zip(TITLES, OWNERS, ratings, strict=True):
        cells = {"title": title, "owner": owner, "status": "Open", "due_date": "2027-03-31"}
        for field in headers.keys() - cells.keys():
            is_likelihood = field.endswith("likelihood")
            number = likelihood if is_likelihood else impact
            words = LIKELIHOODS if is_likelihood else IMPACTS
            cells[field] = write_rating(style, number, words)
        lines.append([""] * left + [cells[field] for field in headers])
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([*above, *lines, *below])

    interpretation = read(file.getvalue())
    kind = next(field for field in headers if field.endswith("likelihood")).partition("_")[0]
    found = [
        (
            row.values["title"],
            row.values["owner"] or row.values.get("owner_name"),
            row.values[f"{kind}_likelihood"],
            row.values[f"{kind}_impact"],
        )
        for row in interpretation.rows
    ]
    written = zip(TITLES, OWNERS, ratings, strict=True)
    assert found == [(title, owner, *rating) for title, owner, rating in written]
    assert not interpretation.errors
