"""Which column of a foreign register is which of our fields."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from risks.registers.mapping.column_synonyms import (
    FILLERS,
    IMPACT,
    LEVEL,
    LIKELIHOOD,
    MEASURES,
    PREFIXES,
    QUALIFIERS,
    RISK,
    SCORE,
    SYNONYMS,
    UNSURE,
    WEAK,
)
from risks.registers.mapping.lexicon import IMPACTS, LEVELS, LIKELIHOODS, TREATMENTS
from risks.registers.reading.text import match_key, split_list
from risks.registers.results import ColumnMapping, MappingError
from risks.scoring import KINDS

RATINGS = tuple(f"{kind}_{axis}" for kind in KINDS for axis in ("likelihood", "impact"))
COMPUTED = tuple(f"{kind}_{part}" for kind in KINDS for part in ("score", "level"))
FIELDS = ("reference", *SYNONYMS, *RATINGS, *COMPUTED)
EXTRA = "extra"  # what a caller maps a column to that is to be kept as it is

# A file is our own export when it has these headers, letter by letter, and some of the others.
_OWN_ALWAYS = frozenset({"reference", "title"})
_OWN_SOME = frozenset({"external_id", "owner_name", "next_review_at", "source_name", *RATINGS})
_OWN_ENOUGH = 3
_OWN_PREFIX = "extra: "
_IGNORED = frozenset(
    {"id", "number", "source", "source_name", "priority", "version", "created_at", "updated_at"}
    | {"last_reviewed_at", "current_likelihood", "current_impact", "current_score"}
    | {"current_level"}
)

# What makes a name less sure. A lower cost wins a field; the order of the columns breaks ties.
_BY_SYNONYM, _BY_WEAK_SYNONYM, _PER_PLACE = 1.0, 3.0, 0.01
_BY_EVIDENCE = 0.9
_WITHOUT_BRACKETS, _UNQUALIFIED, _UNSURE, _PART, _ONE_LETTER, _EMPTY = 0.5, 0.2, 0.3, 2.0, 2.0, 5.0

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_PARTS = re.compile(r"\s*[/|\n]\s*|\s+[-\u2013]\s+")
_CONTROL = re.compile(r"[A-Za-z]{0,8}[ .:_-]?[A-Za-z]{0,4}[ ._-]?\d[\w.()-]*|[A-Z]{2}\.[A-Z]{2}")
_LONGEST_NAME = 80
_PROSE = 6  # words that no rating has

Candidate = tuple[float, str]  # cost and field


def likeliest_field(header: str) -> str | None:
    """The likeliest field of a header, None where it says nothing to us."""
    found = candidate_fields(header)
    return min(found)[1] if found else None


def candidate_fields(header: str) -> tuple[Candidate, ...]:
    """Every field a column of this name may be."""
    return _remembered_candidates(header) if len(header) <= _LONGEST_NAME else ()


@lru_cache(maxsize=4_096)
def _remembered_candidates(header: str) -> tuple[Candidate, ...]:
    found = {field: cost for cost, field in sorted(_all_candidates(header), reverse=True)}
    return tuple((cost, field) for field, cost in found.items())


def _all_candidates(header: str) -> list[Candidate]:
    found = [(0.0, header)] if header in FIELDS and header != "reference" else []
    found += _by_name(match_key(header))
    if not found:
        found = _costlier(_by_name(match_key(_BRACKETS.sub(" ", header))), _WITHOUT_BRACKETS)
    if not found:
        for part in _PARTS.split(header):
            if by_part := list(_by_name(match_key(part))):
                return _costlier(by_part, _PART)
    return found


def _costlier(found: Iterable[Candidate], more: float) -> list[Candidate]:
    return [(cost + more, field) for cost, field in found]


def _by_name(name: str) -> Iterator[Candidate]:
    for base, synonyms in ((_BY_SYNONYM, SYNONYMS), (_BY_WEAK_SYNONYM, WEAK)):
        for field, names in synonyms.items():
            if name in names:
                yield base + names.index(name) * _PER_PLACE, field
    yield from _by_grammar(name)


def _by_grammar(name: str) -> Iterator[Candidate]:
    """Names of ratings are built of words: "residual risk - likelihood", "P (brut)"."""
    words: set[str] = set()
    kinds: set[str] = set()
    for word in name.split():
        stem, kind = _without_prefix(word)
        words.add(stem)
        kinds |= {kind} if kind else set()
    known = LIKELIHOOD | IMPACT | SCORE | LEVEL | RISK | FILLERS | UNSURE
    if len(kinds) > 1 or words - known - (MEASURES if kinds else set()):
        return
    unsure = _UNSURE * any(word in UNSURE for word in name.split())
    cost = _BY_SYNONYM + unsure + (0 if kinds else _UNQUALIFIED)
    kind = next(iter(kinds), "inherent")
    for more, part in _parts_of_rating(words, qualified=bool(kinds)):
        yield cost + more, f"{kind}_{part}"


def _without_prefix(word: str) -> tuple[str, str | None]:
    """The noun of a compound and the kind its first half says; a qualifier says its kind."""
    if word in QUALIFIERS:
        return "the", QUALIFIERS[word]
    if word in LIKELIHOOD | IMPACT | SCORE | LEVEL | RISK:
        return word, None
    for prefix, kind in PREFIXES.items():
        noun = word.removeprefix(prefix)
        if noun != word and noun in LIKELIHOOD | IMPACT | RISK | SCORE | LEVEL:
            return noun, kind
    return word, None


def _parts_of_rating(words: set[str], *, qualified: bool) -> Iterator[tuple[float, str]]:
    likelihood, impact = words & LIKELIHOOD, words & IMPACT
    letters = _ONE_LETTER * all(len(word) == 1 for word in likelihood | impact)
    if likelihood and impact:
        yield letters, "score"
    elif likelihood:
        yield letters, "likelihood"
    elif impact:
        weak = _UNSURE if impact & LEVEL else 0
        yield letters + weak, "impact"
        if weak:  # severity is an impact in some registers, and the level in others
            yield 2 * weak, "level"
    elif words & SCORE:
        yield 0, "score"
    elif words & LEVEL or (qualified and words & RISK):
        yield 0, "level"
    elif words & RISK:  # "Risk" alone: mostly a title, but some write High there
        yield _BY_WEAK_SYNONYM, "level"


def is_own_export(headers: Iterable[str]) -> bool:
    """Whether our export wrote this file: then its names mean themselves and nothing else."""
    names = set(headers)
    return names >= _OWN_ALWAYS and len(names & _OWN_SOME) >= _OWN_ENOUGH


def propose_mapping(
    headers: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    overrides: Mapping[str, str] | None = None,
) -> list[ColumnMapping]:
    """A mapping for each header, in their order.

    `samples` are some cells of each column, none of them empty. `overrides` are fields (or
    "extra") by header, and win; a header or field nobody knows raises MappingError.
    """
    chosen = _chosen(headers, overrides or {})
    left = [header for header in headers if header not in chosen]
    if is_own_export(headers):
        found = {header: _own(header) for header in left}
    else:
        found = _best(left, samples, taken={m.field: m.column for m in chosen.values() if m.field})
    return [chosen.get(header) or found[header] for header in headers]


def _chosen(headers: Sequence[str], overrides: Mapping[str, str]) -> dict[str, ColumnMapping]:
    by_key = {match_key(header): header for header in headers}
    chosen: dict[str, ColumnMapping] = {}
    for name, wanted in overrides.items():
        header = name if name in headers else by_key.get(match_key(name))
        if header is None:
            raise MappingError(
                f"The file has no column '{name}'. Its columns: {', '.join(headers)}."
            )
        if wanted not in {*FIELDS, EXTRA}:
            raise MappingError(
                f"'{wanted}' is no field of a risk. Fields: {', '.join((*FIELDS, EXTRA))}.",
                column=header,
            )
        if other := next((m.column for m in chosen.values() if m.field == wanted), None):
            raise MappingError(
                f"'{other}' and '{header}' are both mapped to {wanted}. Map one of them to extra.",
                column=header,
            )
        chosen[header] = ColumnMapping(header, None if wanted == EXTRA else wanted, "chosen")
    return chosen


def _own(header: str) -> ColumnMapping:
    if header in FIELDS:
        return ColumnMapping(header, header, "name")
    return ColumnMapping(header, None, "ignored" if header in _IGNORED else "extra")


def extra_name(header: str) -> str:
    """The key in `extra`: our export marks a column so whose name is a field's as well."""
    return header.removeprefix(_OWN_PREFIX) or header


def export_header(name: str) -> str:
    """The header of a key in `extra`, which `extra_name` reads back."""
    taken = name in FIELDS or name in _IGNORED or name.startswith(_OWN_PREFIX)
    return _OWN_PREFIX + name if taken else name


def _best(
    headers: Sequence[str], samples: Mapping[str, Sequence[str]], taken: dict[str, str]
) -> dict[str, ColumnMapping]:
    """Give each field to the surest column, surest first."""
    offers = sorted(
        (cost, place, field)
        for place, header in enumerate(headers)
        for cost, field in _with_evidence(header, samples.get(header, ()))
    )
    found: dict[str, ColumnMapping] = {}
    wanted: dict[str, str] = {}
    for cost, place, field in offers:
        header = headers[place]
        if header in found:
            continue
        if field in taken:
            wanted.setdefault(header, field)
            continue
        taken[field] = header
        how = "name" if cost == 0 else "synonym"
        found[header] = ColumnMapping(header, field, how, _note(header, field, cost))
    for header in headers:
        lost = wanted.get(header)
        note = f"'{taken[lost]}' is the {lost}." if lost else ""
        found.setdefault(header, ColumnMapping(header, None, "extra", note))
    return found


def _note(header: str, field: str, cost: float) -> str:
    if _BY_WEAK_SYNONYM <= cost < _EMPTY:
        return f"The name may mean other things: read as the {field.replace('_', ' ')}."
    if not field.startswith("inherent_") or header == field:
        return ""
    said = any(_without_prefix(word)[1] == "inherent" for word in match_key(header).split())
    return "" if said else "Nothing says inherent, residual or target: read as inherent."


def _with_evidence(header: str, cells: Sequence[str]) -> Iterator[Candidate]:
    """The candidates that the cells do not speak against, unless it is the only one."""
    found = candidate_fields(header)
    if not cells:  # a column that holds something goes first
        yield from _costlier(found, _EMPTY)
        return
    rated = any(field in RATINGS + COMPUTED for _, field in found)
    for cost, field in found:
        weak = cost >= _BY_WEAK_SYNONYM
        if len(found) > 1 and _contradicted(field, cells, weak=weak, rated=rated):
            continue
        if field == "treatment" and _mostly(_is_treatment, cells):
            yield _BY_EVIDENCE, field
        else:
            yield cost, field


def _contradicted(field: str, cells: Sequence[str], *, weak: bool, rated: bool) -> bool:
    """Whether most cells are nothing that `field` holds. `rated`: it may be a rating as well."""
    if field == "treatment":
        return not _mostly(_is_treatment, cells)
    if field == "controls":
        return weak and not _mostly(_is_control, cells)
    if field in {"title", "description"}:
        return weak and rated and _mostly(_is_rating, cells)
    if field in COMPUTED:
        return weak and not _mostly(_is_rating, cells)
    return field in RATINGS and _mostly(_is_prose, cells)


def _mostly(holds: Callable[[str], bool], cells: Sequence[str]) -> bool:
    return 2 * sum(map(holds, cells)) >= len(cells)


def _is_prose(cell: str) -> bool:
    return len(cell.split()) >= _PROSE


def _is_rating(cell: str) -> bool:
    word = match_key(cell)
    return word.isdecimal() or word in LEVELS or word in LIKELIHOODS or word in IMPACTS


def _is_treatment(cell: str) -> bool:
    return match_key(cell) in TREATMENTS


def _is_control(cell: str) -> bool:
    items = split_list(cell, commas=True)
    return bool(items) and bool(_CONTROL.fullmatch(items[0]))
