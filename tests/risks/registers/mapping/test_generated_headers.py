"""Registers with headers made from the lexicon, in any language and any decoration."""

import re
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from risks.registers.mapping.column_synonyms import (
    ACCOMPANYING,
    SYNONYMS,
    WEAK,
    words_by_language,
)
from risks.registers.mapping.columns import propose_mapping
from risks.registers.mapping.headers import likeliest_field

CELLS = {
    "title": ["Server room floods", "Key person leaves", "A disk fails"],
    "owner": ["Facilities", "A. Doe", "IT"],
    "likelihood": ["4", "2", "5"],
    "impact": ["5", "1", "3"],
    "status": ["Open", "Closed", "Open"],
    "due_date": ["2027-03-31", "2027-06-30", "2027-09-30"],
}
LANGUAGES = tuple(SYNONYMS["title"])
CASES: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda name: name.replace(" ", "_"),
    lambda name: name.replace(" ", "."),
    lambda name: re.sub(r"\W+(\w)", lambda match: match[1].upper(), name),
)
FRAMES = ("{}", "{} *", "{}:", "2. {}", "Custom field ({})")
SCALES = ("{}", "{} (1-5)", "{} [1..5]", "{}_1to5", "{} / 5")


@st.composite
def registers(draw: st.DrawFn) -> dict[str, str]:
    """A header for each field, all in one language."""
    language = draw(st.sampled_from(LANGUAGES))
    headers = {}
    for name in ("title", "owner", "status", "due_date"):
        synonyms = SYNONYMS[name][language] + (WEAK[name][language] if name == "title" else ())
        headers[name] = draw(st.sampled_from([n for n in synonyms if likeliest_field(n) == name]))
    for kind in draw(st.sampled_from([("inherent",), ("", "residual"), ("inherent", "target")])):
        for axis in ("likelihood", "impact"):
            words = [word for word in words_by_language("words", axis)[language] if len(word) > 1]
            name = draw(st.sampled_from(words))
            if kind:
                qualifiers = words_by_language("qualifiers", kind)[language]
                qualifier = draw(st.sampled_from([q for q in qualifiers if q not in ACCOMPANYING]))
                name = draw(st.sampled_from([f"{qualifier} {name}", f"{name} ({qualifier})"]))
            headers[f"{kind or 'inherent'}_{axis}"] = draw(st.sampled_from(SCALES)).format(name)
    case, frame = draw(st.sampled_from(CASES)), draw(st.sampled_from(FRAMES))
    return {field: frame.format(case(header)) for field, header in headers.items()}


@given(registers())
@settings(max_examples=200, deadline=None)
def test_headers_made_from_the_lexicon_come_back(headers: dict[str, str]) -> None:
    samples = {
        header: CELLS.get(field) or CELLS[field.partition("_")[2]]
        for field, header in headers.items()
    }
    columns = propose_mapping([*headers.values(), "Budget"], samples)
    found = {column.field: column.column for column in columns if column.field}
    assert found == headers
