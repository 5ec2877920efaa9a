"""Words of headers as people spell them: plurals, umlauts, words written together, and mistakes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import product

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

SHORTEST_CORRECTED = 6  # letters of the right word; in a shorter one, one letter makes another word
LETTERS_PER_MISTAKE = 5
_SHORTEST_PART = 3
_SHORT_PARTS = frozenset({"id", "nr", "no"})
_LONGEST_COMPOUND = 40
_MOST_UMLAUTS = 4

# "Team/s", "Asset(s)", "Eigentümer:in": one or several.
_ENDINGS = re.compile(r"\((?:s|es|n|en|r|e|i|in|innen)\)|(?<=\w)[/:*](?:s|n|r|in|innen)(?!\w)")
_CUSTOM_FIELD = re.compile(r"^\s*(?:custom field|cf)\s*[(\[](.+)[)\]]\s*$", re.IGNORECASE)
_LOWER, _UPPER = r"[a-z\u00df-\u00ff\u0430-\u045f]", r"[A-Z\u00c0-\u00de\u0410-\u042f]"
_CAMEL_HUMP = re.compile(f"(?<={_LOWER})(?={_UPPER})|(?<={_UPPER})(?={_UPPER}{_LOWER})")
_UMLAUT = re.compile("(ae|oe|ue)")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_SCALE = re.compile(r"\d+|\d+(?:to|x|bis|a|-)\d+|[1-9]\d*st|x")  # "1to5" in "L_1to5"
_NUMBERED = re.compile(r"(\D{2,})\d{1,2}")


def bare_name(header: str) -> str:
    """A header without brackets around its name, and without endings such as "(s)"."""
    if wrapped := _CUSTOM_FIELD.match(header):
        header = wrapped.group(1)
    return _ENDINGS.sub("", header)


def spaced_name(header: str) -> str:
    """The bare name of a header, with a space between words in camel case."""
    return _CAMEL_HUMP.sub(" ", bare_name(header))


class WordList:
    """Known words, also in the plural; `lookalikes` are other words that are spelled almost so."""

    def __init__(self, words: Iterable[str], lookalikes: frozenset[str]) -> None:
        self.words = frozenset(words)
        self.lookalikes = lookalikes
        self.singulars = frozenset(map(singular, self.words))
        self.correctable = [
            word
            for word in sorted(self.words)
            if len(word) >= SHORTEST_CORRECTED and not _EAST_ASIAN.search(word)
        ]

    def __contains__(self, word: str) -> bool:
        return word in self.words or singular(word) in self.singulars


def singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > _SHORTEST_PART else word


def split_compounds(words: Sequence[str], known: WordList) -> list[str]:
    """Replace words that are not known by the known words that they are made of.

    "eigentuemer" is "eigentumer", "riskowner" is "risk owner", and scales such as "1to5" go away.
    """
    parts = [part for word in words for part in known_parts(word, known)]
    return parts or list(words)


@lru_cache(maxsize=4_096)
def known_parts(word: str, known: WordList) -> list[str]:
    if word in known:
        return [word]
    if _SCALE.fullmatch(word):
        return []
    numbered = _NUMBERED.fullmatch(word)
    plain = numbered.group(1) if numbered else word
    return next(filter(None, (split_word(w, known) for w in umlauts(plain))), [plain])


def umlauts(word: str) -> Iterator[str]:
    """The word itself, then with "ae", "oe" and "ue" as the letters that stand for umlauts."""
    pieces = _UMLAUT.split(word)
    if len(pieces) > 2 * _MOST_UMLAUTS + 1:
        pieces = [word]
    choices = [(piece, piece[0]) if _UMLAUT.fullmatch(piece) else (piece,) for piece in pieces]
    return map("".join, product(*choices))


def split_word(word: str, known: WordList) -> list[str]:
    """The fewest known words that make up `word`, or an empty list."""
    shortest = 1 if _EAST_ASIAN.search(word) else _SHORTEST_PART

    @cache
    def split_from(start: int) -> tuple[str, ...] | None:
        if start == len(word):
            return ()
        for end in range(len(word), start, -1):
            part = word[start:end]
            if part in known and (len(part) >= shortest or part in _SHORT_PARTS):
                for following in (end, end + 1) if word[end : end + 1] == "s" else (end,):
                    if (rest := split_from(following)) is not None:
                        return (part, *rest)
        return None

    return list(split_from(0) or ()) if len(word) <= _LONGEST_COMPOUND else []


def correct_words(words: Sequence[str], known: WordList) -> tuple[list[str], int]:
    """Replace misspelled words by the known ones; how much alike they are, in percent.

    100 if nothing was replaced, or a word is like none that is known.
    """
    corrected, alike = [], 100
    for word in words:
        if word in known:
            corrected.append(word)
            continue
        if len(word) < SHORTEST_CORRECTED - 1 or word in known.lookalikes:
            return list(words), 100
        best = extractOne(
            word,
            known.correctable,
            scorer=OSA.distance,
            score_cutoff=len(word) // LETTERS_PER_MISTAKE,
        )
        if best is None or best[0][0] != word[0]:
            return list(words), 100
        corrected.append(best[0])
        alike = min(alike, round(100 * OSA.normalized_similarity(word, best[0])))
    return corrected, alike
