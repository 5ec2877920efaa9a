"""The text that someone looks for, as a search reads it."""

import re
from dataclasses import dataclass
from functools import cached_property

from openrisk.text.folding import fold_words

MAX_TEXT = 200  # characters, and words of it, that are looked for
MAX_WORDS = 12
_REFERENCE = re.compile(r"(?P<kind>[rm])?-?\s?0*(?P<number>[0-9]{1,9})")
_TRIGRAM = re.compile(r"[^\W_]{3}")


@dataclass(frozen=True)
class SearchQuery:
    """The words of a text, folded; `is_cut` if there were more than a search looks for."""

    words: tuple[str, ...]
    is_cut: bool = False

    @property
    def phrase(self) -> str:
        return " ".join(self.words)

    @cached_property
    def has_trigram(self) -> bool:
        """Return whether an index of trigrams can find a word of it.

        Words of one or two characters, and signs, are looked for in titles only.
        """
        return any(_TRIGRAM.search(word) for word in self.words)

    def number_of(self, kind: str) -> int | None:
        """Return the number if this may be a reference of the kind: R-0012, r12, 12."""
        match = _REFERENCE.fullmatch(self.phrase)
        if match is None or match["kind"] not in (None, kind.lower()):
            return None
        return int(match["number"])


def parse_query(text: str) -> SearchQuery:
    words = fold_words(text[:MAX_TEXT])
    is_cut = len(text) > MAX_TEXT or len(words) > MAX_WORDS
    return SearchQuery(tuple(words[:MAX_WORDS]), is_cut)
