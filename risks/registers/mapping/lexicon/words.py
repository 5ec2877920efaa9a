"""Words as they are compared: whole, or without what people put around them."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeVar

from risks.registers.reading.text import match_key

T = TypeVar("T")


def by_word(groups: Mapping[T, tuple[str, ...]]) -> dict[str, T]:
    """The value of each word. Raises ValueError if a word has two values."""
    values: dict[str, T] = {}
    for value, words in groups.items():
        for word in map(match_key, words):
            if values.setdefault(word, value) != value:
                raise ValueError(f"'{word}' means {values[word]} and {value}")
    return values


def key_set(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(match_key, words))


# "High risk", "low probability", "rather unlikely": they change nothing.
FILLERS = key_set((
    *("risk", "risks", "risque", "risiko", "riesgo", "rischio", "risco", "risico", "ryzyko"),
    *("riziko", "риск", "likelihood", "probability", "chance", "impact", "level", "severity"),
    *("priority", "consequence", "wahrscheinlichkeit", "auswirkung", "probabilité"),
    *("vraisemblance", "probabilidad", "probabilidade", "probabilità", "impacto", "impatto"),
    *("kans", "niveau", "rather", "fairly", "quite", "relatively", "somewhat", "eher"),
    *("ziemlich", "assez", "plutôt", "bastante", "piuttosto", "abbastanza", "vrij", "raczej"),
    *("spíše", "вероятность", "довольно", "skala", "scale", "rating", "rated"),
))  # fmt: skip
INTENSIFIERS = key_set((
    *("extremely", "really", "exceptionally", "extremement", "extrêmement", "äußerst", "extrem"),
    *("extremadamente", "estremamente", "extremamente", "uiterst", "skrajnie", "крайне"),
))  # fmt: skip
# Chinese and Japanese write them without a space.
_SUFFIXES = tuple(map(match_key, ("风险", "風險", "リスク", "级", "級", "概率", "可能性", "影响")))
_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_SEPARATORS = re.compile(
    r"[/;,+&|:\n]|\s[-\u2013\u2014]\s|\b(?:and|und|et|y|e|en|then)\b", re.IGNORECASE
)
_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def find_word(known: Collection[str], text: str) -> str | None:
    """The word of `known` that `text` says, or None."""
    return next((word for word in variants_of(match_key(text)) if word in known), None)


def find_leading_word(known: Collection[str], text: str) -> str | None:
    """The first part of `text` that is a word of `known`: "Open (since May)", "Reduce / share"."""
    parts = _SEPARATORS.split(_BRACKETS.sub("; ", text))
    return next((word for part in parts if part and (word := find_word(known, part))), None)


def variants_of(key: str) -> Iterator[str]:
    """The ways in which a word may be known, the surest first."""
    yield key
    plain = key
    for written, compared in _UMLAUTS:
        plain = plain.replace(written, compared)
    yield plain
    yield key.removesuffix("s")  # plurals of adjectives: "conséquences graves"
    words = [word for word in key.split() if word not in FILLERS]
    yield " ".join(words)
    if words and words[0] in INTENSIFIERS:
        yield " ".join(("very", *words[1:]))
    for suffix in _SUFFIXES:
        if key.endswith(suffix) and key != suffix:
            yield key.removesuffix(suffix)
