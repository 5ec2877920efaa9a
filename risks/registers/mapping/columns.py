"""Columns of other registers: which of them gives which of our fields."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from risks.fields import (
    EXPORTED_ONLY,
    FIGURES,
    IMPORT_FIELDS,
    RATINGS,
    is_own_export,
)
from risks.registers.mapping.headers import (
    WEAK_SYNONYM_COST,
    Candidate,
    add_cost,
    candidate_fields,
    split_qualifier,
)
from risks.registers.mapping.lexicon import IMPACTS, LEVELS, LIKELIHOODS, TREATMENTS
from risks.registers.reading.text import match_key, split_list
from risks.registers.results import ColumnMapping, MappingError

EXTRA = "extra"  # what a caller maps a column to that is to be kept as it is

# Costs: the column with the lowest one gets the field, the first column among equals.
_EMPTY_COLUMN = 5.0
_TREATMENT_BY_CELLS = 0.9  # of a column whose cells are treatments

_CONTROL = re.compile(r"[A-Za-z]{0,8}[ .:_-]?[A-Za-z]{0,4}[ ._-]?\d[\w.()-]*|[A-Z]{2}\.[A-Z]{2}")
_PROSE_WORDS = 6  # more than any rating has


def propose_mapping(
    headers: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    overrides: Mapping[str, str] | None = None,
) -> list[ColumnMapping]:
    """Propose a mapping for each header, in their order.

    `samples` are some cells of each column, none of them empty. `overrides` are fields (or
    "extra") by header, and win; an unknown header or field raises MappingError.
    """
    chosen = apply_overrides(headers, overrides or {})
    rest = [header for header in headers if header not in chosen]
    if is_own_export(headers):
        mappings = {}
        for header in rest:
            own = header in IMPORT_FIELDS
            how = "name" if own else "ignored" if header in EXPORTED_ONLY else "extra"
            mappings[header] = ColumnMapping(header, header if own else None, how)
    else:
        taken = {mapping.field: mapping.column for mapping in chosen.values() if mapping.field}
        mappings = assign_fields(rest, samples, taken)
    return [chosen.get(header) or mappings[header] for header in headers]


def apply_overrides(
    headers: Sequence[str], overrides: Mapping[str, str]
) -> dict[str, ColumnMapping]:
    by_key = {match_key(header): header for header in headers}
    chosen: dict[str, ColumnMapping] = {}
    for name, field in overrides.items():
        header = name if name in headers else by_key.get(match_key(name))
        if header is None:
            raise MappingError(
                f"The file has no column '{name}'. Its columns: {', '.join(headers)}."
            )
        if field not in {*IMPORT_FIELDS, EXTRA}:
            raise MappingError(
                f"'{field}' is not a field of a risk. "
                f"Fields: {', '.join((*IMPORT_FIELDS, EXTRA))}.",
                column=header,
            )
        if other := next((m.column for m in chosen.values() if m.field == field), None):
            raise MappingError(
                f"'{other}' and '{header}' are both mapped to {field}. Map one of them to extra.",
                column=header,
            )
        chosen[header] = ColumnMapping(header, None if field == EXTRA else field, "chosen")
    return chosen


def assign_fields(
    headers: Sequence[str], samples: Mapping[str, Sequence[str]], taken: dict[str, str]
) -> dict[str, ColumnMapping]:
    """Give each field to the surest column, surest first."""
    offers = sorted(
        (cost, index, field)
        for index, header in enumerate(headers)
        for cost, field in weigh_cells(header, samples.get(header, ()))
    )
    mappings: dict[str, ColumnMapping] = {}
    lost_fields: dict[str, str] = {}
    for cost, index, field in offers:
        header = headers[index]
        if header in mappings:
            continue
        if field in taken:
            lost_fields.setdefault(header, field)
            continue
        taken[field] = header
        how = "name" if cost == 0 else "synonym"
        mappings[header] = ColumnMapping(header, field, how, describe_doubt(header, field, cost))
    for header in headers:
        lost = lost_fields.get(header)
        note = f"'{taken[lost]}' gives the {lost}. This column is kept in extra." if lost else ""
        mappings.setdefault(header, ColumnMapping(header, None, "extra", note))
    return mappings


def describe_doubt(header: str, field: str, cost: float) -> str:
    """A sentence for people if the header could mean something else, or ""."""
    if WEAK_SYNONYM_COST <= cost < _EMPTY_COLUMN:
        return f"The name may mean other things: read as the {field.replace('_', ' ')}."
    if not field.startswith("inherent_") or header == field:
        return ""
    if any(split_qualifier(word)[1] == "inherent" for word in match_key(header).split()):
        return ""
    return "The header does not say inherent, residual or target: read as inherent."


def weigh_cells(header: str, cells: Sequence[str]) -> Iterator[Candidate]:
    """The candidates that the cells do not contradict; the only candidate always."""
    candidates = candidate_fields(header)
    if not cells:  # a column that holds something goes first
        yield from add_cost(candidates, _EMPTY_COLUMN)
        return
    may_be_rating = any(field in RATINGS + FIGURES for _, field in candidates)
    for cost, field in candidates:
        weak = cost >= WEAK_SYNONYM_COST
        if len(candidates) > 1 and is_contradicted(
            field, cells, weak=weak, may_be_rating=may_be_rating
        ):
            continue
        is_sure = field == "treatment" and holds_mostly(is_treatment, cells)
        yield (_TREATMENT_BY_CELLS if is_sure else cost), field


def is_contradicted(field: str, cells: Sequence[str], *, weak: bool, may_be_rating: bool) -> bool:
    """Whether most cells hold something that does not belong into `field`."""
    if field == "treatment":
        return not holds_mostly(is_treatment, cells)
    if field == "controls":
        return weak and not holds_mostly(is_control, cells)
    if field in {"title", "description"}:
        return weak and may_be_rating and holds_mostly(is_rating, cells)
    if field in FIGURES:
        return weak and not holds_mostly(is_rating, cells)
    return field in RATINGS and holds_mostly(is_prose, cells)


def holds_mostly(predicate: Callable[[str], bool], cells: Sequence[str]) -> bool:
    return 2 * sum(map(predicate, cells)) >= len(cells)


def is_prose(cell: str) -> bool:
    return len(cell.split()) >= _PROSE_WORDS


def is_rating(cell: str) -> bool:
    word = match_key(cell)
    return word.isdecimal() or word in LEVELS or word in LIKELIHOODS or word in IMPACTS


def is_treatment(cell: str) -> bool:
    return match_key(cell) in TREATMENTS


def is_control(cell: str) -> bool:
    items = split_list(cell, commas=True)
    return bool(items) and bool(_CONTROL.fullmatch(items[0]))
