"""Headers of other registers: the fields that the name of one column may mean.

Names are looked up among the synonyms; names of ratings are also understood by the words they are
made of. A lower cost means a surer name.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from risks.fields import IMPORT_FIELDS
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
from risks.registers.reading.text import match_key

Candidate = tuple[float, str]  # cost and field

SYNONYM_COST, WEAK_SYNONYM_COST = 1.0, 3.0
_COST_PER_RANK = 0.01  # of the place in a list of synonyms
_WITHOUT_BRACKETS, _UNQUALIFIED, _UNSURE, _PART, _ONE_LETTER = 0.5, 0.2, 0.3, 2.0, 2.0

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_PARTS = re.compile(r"\s*[/|\n]\s*|\s+[-\u2013]\s+")
_LONGEST_NAME = 80


def likeliest_field(header: str) -> str | None:
    """The field that this header most likely means; None if it means none that we know."""
    candidates = candidate_fields(header)
    return min(candidates)[1] if candidates else None


def candidate_fields(header: str) -> tuple[Candidate, ...]:
    """Every field that a column of this name may be, each once."""
    return cached_candidates(header) if len(header) <= _LONGEST_NAME else ()


@lru_cache(maxsize=4_096)
def cached_candidates(header: str) -> tuple[Candidate, ...]:
    candidates = [(0.0, header)] if header in IMPORT_FIELDS and header != "reference" else []
    candidates += fields_by_name(match_key(header))
    if not candidates:
        without_brackets = fields_by_name(match_key(_BRACKETS.sub(" ", header)))
        candidates = add_cost(without_brackets, _WITHOUT_BRACKETS)
    for part in _PARTS.split(header) if not candidates else ():
        if candidates := add_cost(fields_by_name(match_key(part)), _PART):
            break
    lowest = {field: cost for cost, field in sorted(candidates, reverse=True)}
    return tuple((cost, field) for field, cost in lowest.items())


def add_cost(candidates: Iterable[Candidate], more: float) -> list[Candidate]:
    return [(cost + more, field) for cost, field in candidates]


def fields_by_name(name: str) -> Iterator[Candidate]:
    for base, synonyms in ((SYNONYM_COST, SYNONYMS), (WEAK_SYNONYM_COST, WEAK)):
        for field, names in synonyms.items():
            if name in names:
                yield base + names.index(name) * _COST_PER_RANK, field
    yield from ratings_by_words(name)


def ratings_by_words(name: str) -> Iterator[Candidate]:
    """Names of ratings are built of words: "residual risk - likelihood", "P (brut)"."""
    words: set[str] = set()
    kinds: set[str] = set()
    for word in name.split():
        noun, kind = split_qualifier(word)
        words.add(noun)
        kinds |= {kind} if kind else set()
    known = LIKELIHOOD | IMPACT | SCORE | LEVEL | RISK | FILLERS | UNSURE
    if len(kinds) > 1 or words - known - (MEASURES if kinds else set()):
        return
    unsure = _UNSURE * any(word in UNSURE for word in name.split())
    cost = SYNONYM_COST + unsure + (0 if kinds else _UNQUALIFIED)
    kind = next(iter(kinds), "inherent")
    for more, part in rating_parts(words, qualified=bool(kinds)):
        yield cost + more, f"{kind}_{part}"


def split_qualifier(word: str) -> tuple[str, str | None]:
    """The noun of a word and the kind that the word says: "nettorisiko" is "risiko", "residual"."""
    if word in QUALIFIERS:
        return "the", QUALIFIERS[word]
    nouns = LIKELIHOOD | IMPACT | SCORE | LEVEL | RISK
    if word not in nouns:
        for prefix, kind in PREFIXES.items():
            noun = word.removeprefix(prefix)
            if noun != word and noun in nouns:
                return noun, kind
    return word, None


def rating_parts(words: set[str], *, qualified: bool) -> Iterator[tuple[float, str]]:
    """The parts of a rating (likelihood, impact, score, level) that these words may mean."""
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
        yield WEAK_SYNONYM_COST, "level"
