"""Headers of other registers: the fields that the name of one column may mean.

A header is split into words, which are looked up as a name, and as the parts of a rating ("residual
impact"). A lower cost means a surer name. What is in no list may be misspelled: `spelling`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from risks.fields import IMPORT_FIELDS, RATINGS
from risks.registers.mapping.column_synonyms import (
    ACCOMPANYING,
    ARTICLES,
    BEARERS,
    FILLERS,
    IMPACT,
    LEVEL,
    LIKELIHOOD,
    LOOKALIKES,
    MEASURES,
    OCCURRENCE,
    QUALIFIERS,
    RISK,
    SCORE,
    SYNONYMS,
    UNSURE,
    WEAK,
    normalize_words,
)
from risks.registers.mapping.spelling import (
    WordList,
    bare_name,
    correct_words,
    singular,
    spaced_name,
    split_compounds,
)


class FieldCandidate(NamedTuple):
    """A field that a column may give. With `alike` below 100, its name was read as `reading`."""

    cost: float
    field: str
    reading: str = ""
    alike: int = 100


SYNONYM_COST, WEAK_SYNONYM_COST = 1.0, 3.0
_COST_PER_RANK = 0.005  # of the place in a list of synonyms
_WITHOUT_RISK, _OTHER_ORDER, _UNQUALIFIED, _UNSURE, _BRACKETS_LEFT_OUT = 0.05, 0.1, 0.2, 0.3, 0.5
_MISSPELLED, _ONE_LETTER, _PART = 1.5, 2.0, 2.0

_BRACKETS = re.compile(r"\(([^)]*)\)|\[([^\]]*)\]|\{([^}]*)\}")
_PARTS = re.compile(r"\s*[/|\n;]\s*|\s+[-\u2013\u2014:]\s+|\s+(?:or|oder|ou)\s+")
_LONGEST_NAME = 80
_LEGEND = re.compile(r"[\n(\[:;=?]")  # where a long header stops being a name

_OWN_NAMES = frozenset(IMPORT_FIELDS) - {"reference"}
_AXES = {"likelihood": LIKELIHOOD, "impact": IMPACT}
_LETTERS = frozenset(w for w in LIKELIHOOD | OCCURRENCE | IMPACT if len(w) == 1) | {"a"}
_PROTECTION_GOALS = frozenset("cia")
_NOUNS = LIKELIHOOD | OCCURRENCE | IMPACT | SCORE | LEVEL | RISK
_BESIDE_NOUNS = _NOUNS | FILLERS | UNSURE | BEARERS
_BESIDE_QUALIFIERS = _BESIDE_NOUNS | MEASURES
_NEVER_QUALIFIERS = _NOUNS - FILLERS
_RATING_WORDS = _BESIDE_QUALIFIERS | ACCOMPANYING | QUALIFIERS.keys()
KNOWN_WORDS = WordList(
    _RATING_WORDS
    | ARTICLES
    | {
        word
        for table in (SYNONYMS, WEAK)
        for by_language in table.values()
        for name in chain.from_iterable(by_language.values())
        for word in name.split()
    },
    LOOKALIKES,
)


def likeliest_field(header: str) -> str | None:
    """The field that this header most likely means; None if it means none that we know."""
    candidates = fields_by_spelling(name_in_header(header))
    return min(candidates).field if candidates else None


def candidate_fields(header: str) -> tuple[FieldCandidate, ...]:
    """Every field that a column of this name may be, each once."""
    name = name_in_header(header)
    candidates = fields_by_spelling(name)
    for cost, words in ways_to_read(name) if not candidates else ():
        if candidates := fields_by_correction(words, cost):
            break
    return candidates


def name_in_header(header: str) -> str:
    """The header, or the start of one that explains its scale; "" if it is longer than a name."""
    if len(header) > _LONGEST_NAME:
        header = _LEGEND.split(header.strip(), maxsplit=1)[0]
    return header if len(header) <= _LONGEST_NAME else ""


@lru_cache(maxsize=4_096)
def fields_by_spelling(header: str) -> tuple[FieldCandidate, ...]:
    """The fields that a name means if it has no mistakes."""
    candidates = [FieldCandidate(0.0, header)] if header in _OWN_NAMES else []
    for cost, words in ways_to_read(header):
        candidates += add_cost(fields_by_words(split_compounds(words, KNOWN_WORDS)), cost)
        if candidates:
            break
    candidates = candidates or fields_by_part(header)
    lowest = {candidate.field: candidate for candidate in sorted(candidates, reverse=True)}
    return tuple(lowest.values())


def ways_to_read(header: str) -> Iterator[tuple[float, list[str]]]:
    """The words of a header, with a cost: as it is, in camel case, and without brackets."""
    spaced = spaced_name(header)
    yield 0.0, normalize_words(bare_name(header))
    yield 0.0, normalize_words(spaced)
    without_brackets = _BRACKETS.sub(" ", spaced)
    if without_brackets != spaced:
        yield _BRACKETS_LEFT_OUT, normalize_words(without_brackets)
        inside = " ".join("".join(groups) for groups in _BRACKETS.findall(spaced))
        words = normalize_words(inside)
        if any(len(word) > 1 for word in words):  # not the "C" of "Value (C)"
            yield 2 * _BRACKETS_LEFT_OUT, words


def fields_by_part(header: str) -> list[FieldCandidate]:
    """The fields of the first known part of "Threat / Bedrohung", if half of them are known.

    Neither "Impact: time" nor "Impact: cost" is the impact: see `rating_in_name`.
    """
    parts = [
        fields_by_words(split_compounds(normalize_words(part), KNOWN_WORDS))
        for part in _PARTS.split(_BRACKETS.sub(" ", spaced_name(header)))
        if len(part) > 1
    ]
    known = [candidates for candidates in parts if candidates]
    if not known or 2 * len(known) < len(parts):
        return []
    is_whole = len(known) == len(parts)
    return add_cost((c for c in known[0] if is_whole or c.field not in RATINGS), _PART)


def fields_by_correction(words: list[str], cost: float) -> tuple[FieldCandidate, ...]:
    """The fields that a misspelled name means, with how much alike it is."""
    corrected, alike = correct_words(split_compounds(words, KNOWN_WORDS), KNOWN_WORDS)
    reading = " ".join(corrected)
    return tuple(
        candidate._replace(cost=candidate.cost + cost + _MISSPELLED, reading=reading, alike=alike)
        for candidate in (fields_by_words(corrected) if alike < 100 else ())
    )


def add_cost(candidates: Iterable[FieldCandidate], more: float) -> list[FieldCandidate]:
    return [candidate._replace(cost=candidate.cost + more) for candidate in candidates]


def header_words(header: str) -> list[str]:
    return split_compounds(normalize_words(spaced_name(header)), KNOWN_WORDS)


def says_risk(header: str) -> bool:
    """Whether it says "risk" and nothing else, which is what registers call a title."""
    return set(header_words(header)) <= RISK


def says_inherent(header: str) -> bool:
    return any(QUALIFIERS.get(word) == "inherent" for word in header_words(header))


def says_current(header: str) -> bool:
    """Whether it is about the rating of today: residual, unless another column is."""
    return any(word in UNSURE and word in QUALIFIERS for word in header_words(header))


def rating_in_name(header: str) -> str | None:
    """The likelihood or impact that a longer name names: "Likelihood of a breach"."""
    words = {word for word in header_words(header) if len(word) > 1}
    kinds = {QUALIFIERS[word] for word in words - ACCOMPANYING if word in QUALIFIERS}
    axes = [axis for axis, known in _AXES.items() if words & known]
    return f"{next(iter(kinds), 'inherent')}_{axes[0]}" if len(axes) == 1 >= len(kinds) else None


def rating_letter(header: str) -> str:
    """The letter that stands for a likelihood or an impact in "L_1to5" and "I value", or ""."""
    words = [word for word in header_words(header) if len(word) == 1 or word not in FILLERS]
    return words[0] if len(words) == 1 and words[0] in _LETTERS else ""


def rating_letters(headers: Iterable[str]) -> frozenset[str]:
    """The letters among these headers that can be ratings, and "" for all other headers.

    One needs the other: "P" beside "I" or "Impact" is a likelihood, alone it is anything. "C", "I"
    and "A" are confidentiality, integrity and availability, "D" beside "S" and "O" is detection.
    """
    words = set(chain.from_iterable(map(header_words, headers)))
    letters = set(map(rating_letter, headers)) - {""}
    is_pair = words & (LIKELIHOOD | OCCURRENCE) and words & IMPACT
    if letters >= _PROTECTION_GOALS:
        letters -= _PROTECTION_GOALS
    if words >= {"s", "o"}:
        letters -= {"d"}
    return frozenset(letters | {""} if is_pair else {""})


# --- Names


def name_keys(words: Sequence[str]) -> tuple[str, ...]:
    """Keys that names of one meaning share, the surest first: articles and plurals do not count,
    nor does "risk" beside other words, nor their order.
    """
    nouns = [singular(word) for word in words if word not in ARTICLES] or list(words)
    without_risk = [word for word in nouns if word not in RISK] or nouns
    ordered = (" ".join(nouns), " ".join(without_risk))
    return (*ordered, " ".join(sorted(nouns)), " ".join(sorted(without_risk)))


def index_names() -> tuple[dict[str, list[FieldCandidate]], dict[str, list[FieldCandidate]]]:
    """The fields of all names, by their words in order, and by their words sorted."""
    ordered, by_words = defaultdict(list), defaultdict(list)
    for base, table in ((SYNONYM_COST, SYNONYMS), (WEAK_SYNONYM_COST, WEAK)):
        for field, by_language in table.items():
            for rank, name in chain.from_iterable(map(enumerate, by_language.values())):
                candidate = FieldCandidate(base + rank * _COST_PER_RANK, field)
                key, _, sorted_key, _ = name_keys(name.split())
                ordered[key].append(candidate)
                by_words[sorted_key].append(candidate)
    return ordered, by_words


_NAMES, _NAMES_BY_WORDS = index_names()


def fields_by_words(words: Sequence[str]) -> list[FieldCandidate]:
    key, without_risk, sorted_key, sorted_without_risk = name_keys(words)
    names = (
        _NAMES.get(key)
        or add_cost(_NAMES.get(without_risk, ()), _WITHOUT_RISK)
        or add_cost(_NAMES_BY_WORDS.get(sorted_key, ()), _OTHER_ORDER)
        or add_cost(_NAMES_BY_WORDS.get(sorted_without_risk, ()), _OTHER_ORDER + _WITHOUT_RISK)
    )
    return [*names, *ratings_by_words(words)]


# --- Ratings


def ratings_by_words(words: Sequence[str]) -> Iterator[FieldCandidate]:
    """Names of ratings are built of words: "residual risk - likelihood", "P (brut)"."""
    has_measure = any(word in MEASURES for word in words)
    telling = [word for word in words if has_measure or word not in ACCOMPANYING]
    kinds = {QUALIFIERS[word] for word in telling if word in QUALIFIERS}
    nouns = {word for word in telling if word not in QUALIFIERS or word in _NEVER_QUALIFIERS}
    if len(kinds) > 1 or nouns - (_BESIDE_QUALIFIERS if kinds else _BESIDE_NOUNS):
        return
    unsure = any(word in UNSURE for word in words) or bool(nouns & BEARERS)
    cost = SYNONYM_COST + _UNSURE * unsure + (0 if kinds else _UNQUALIFIED)
    kind = next(iter(kinds), "inherent")
    for more, part in rating_parts(nouns, qualified=bool(kinds)):
        if part in {"likelihood", "impact"} or not nouns & BEARERS:
            yield FieldCandidate(cost + more, f"{kind}_{part}")


def rating_parts(words: set[str], *, qualified: bool) -> Iterator[tuple[float, str]]:
    """The parts of a rating (likelihood, impact, score, level) that these words may mean."""
    likelihood, impact = words & LIKELIHOOD, words & IMPACT
    if any(len(word) > 1 for word in likelihood | impact):  # "l" is an article then
        likelihood, impact = ({w for w in half if len(w) > 1} for half in (likelihood, impact))
    if not likelihood | impact:
        likelihood = words & OCCURRENCE
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
        yield _UNSURE, "score"
    elif words & RISK:  # "Risk" alone: mostly a title, but some write High there
        yield WEAK_SYNONYM_COST, "level"
        yield WEAK_SYNONYM_COST + _UNSURE, "score"
