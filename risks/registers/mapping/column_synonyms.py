"""Names that other registers give to our fields, as `column_synonyms.toml` lists them.

They are here as `normalize_words` leaves them, so that they compare with a normalized header.
"""

import tomllib
from itertools import chain
from pathlib import Path

from risks.registers.reading.text import match_key

# Letters that no accent makes of others.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})

_DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def normalize_words(text: str) -> list[str]:
    """Split a name into lower-case words without accents."""
    return match_key(text).lower().translate(_LETTERS).split()


def split_names(text: str) -> tuple[str, ...]:
    """The names in a list separated by commas, normalized, each once."""
    names = (" ".join(normalize_words(name)) for name in text.split(","))
    return tuple(dict.fromkeys(filter(None, names)))


def names_by_field(section: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The names of each field by language, the surest first."""
    return {
        field: {language: split_names(names) for language, names in by_language.items()}
        for field, by_language in _DATA[section].items()
    }


def words_by_language(section: str, kind: str) -> dict[str, tuple[str, ...]]:
    return {language: split_names(names) for language, names in _DATA[section][kind].items()}


def words_of(section: str, kind: str) -> frozenset[str]:
    return frozenset(chain.from_iterable(words_by_language(section, kind).values()))


SYNONYMS = names_by_field("names")
WEAK = names_by_field("weak")  # names that may mean other things
ARTICLES = frozenset(split_names(_DATA["ignored"]["articles"]))
RISK = frozenset(split_names(_DATA["ignored"]["risk"]))
LOOKALIKES = frozenset(
    name for names in _DATA["lookalikes"].values() for name in split_names(names)
)

LIKELIHOOD = words_of("words", "likelihood")
OCCURRENCE = words_of("words", "occurrence")
IMPACT = words_of("words", "impact")
SCORE = words_of("words", "score")
LEVEL = words_of("words", "level")
FILLERS = words_of("words", "filler") | ARTICLES
MEASURES = words_of("words", "measure")
UNSURE = words_of("words", "unsure")
BEARERS = words_of("words", "bearer")
ACCOMPANYING = words_of("words", "accompanying")
QUALIFIERS = {
    word: kind for kind in _DATA["qualifiers"] for word in sorted(words_of("qualifiers", kind))
}
