"""Text of one cell: cleaned, compared, split, and written so that it reads back."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from risks.text import clean_text, shorten_text

LONGEST_CACHED = 100  # characters: names and words occur many times; longer texts do not

# What makes a spreadsheet calculate a cell: a sign, also as wide or small as East Asian keyboards
# write it, and invisible characters before it.
_SIGNS = (
    "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212\u207a\u207b\u208a\u208b"
)
_FORMULA = re.compile(rf"[\s'\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[{_SIGNS}]")
_WORDS = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n")
_STRONG_ITEM, _COMMA_ITEM = (
    re.compile(
        rf'[^\S\n]*("(?:[^"]|"")*")[^\S\n]*(?:[{separators}]|$)|([^{separators}]*)(?:[{separators}]|$)'
    )
    for separators in (";|\n", ",")
)
_NEEDS_QUOTES = re.compile(r'[;|\n,"]')


def neutralize_formula(text: str) -> str:
    """Put an apostrophe before `text` if a spreadsheet would calculate it.

    `restore_formula` is the inverse, also for texts that begin with an apostrophe themselves.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def restore_formula(text: str) -> str:
    """Remove the apostrophe that `neutralize_formula` added."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def clean_cell(text: str) -> str:
    """Clean the text of a cell in a file, and remove what `neutralize_formula` added."""
    text = clean_text(text)
    return clean_text(restore_formula(text)) if text[:1] == "'" else text


def match_key(text: str) -> str:
    """Lower-case words without accents and punctuation: names that match have the same key."""
    return cached_match_key(text) if len(text) <= LONGEST_CACHED else _compute_match_key(text)


def _compute_match_key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("#", " number "))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(plain))


cached_match_key = lru_cache(maxsize=65_536)(_compute_match_key)


def title_key(title: str) -> str:
    """The title without differences of case, width and white space, to find the same risk again."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def first_sentence(text: str, limit: int = 255) -> str:
    """The first sentence of `text` as a title, cut at a word if it is longer than `limit`."""
    first = " ".join(_SENTENCE_END.split(text.strip(), maxsplit=1)[0].split()).removesuffix(".")
    return shorten_text(first, limit)


def split_list(text: str, *, commas: bool = False) -> list[str]:
    """The items of a cell, each once: split at semicolons, bars and lines.

    With `commas`, split at commas if there are none of these. An item in double quotes may contain
    any of them, with its own quotes doubled, as `join_list` writes it.
    """

    def split_by(pattern: re.Pattern[str]) -> list[str]:
        items = (
            clean_text(quoted[1:-1].replace('""', '"') if quoted else plain)
            for quoted, plain in pattern.findall(text)
        )
        return [item for item in items if item]

    items = split_by(_STRONG_ITEM)
    if commas and len(items) == 1:
        items = split_by(_COMMA_ITEM)
    return list(dict.fromkeys(items))


def join_list(items: Iterable[str]) -> str:
    """One cell that `split_list` reads back as `items`."""
    return "; ".join(
        '"{}"'.format(item.replace('"', '""')) if _NEEDS_QUOTES.search(item) else item
        for item in items
    )
