"""The text of one cell: how it is cleaned, compared, split, and written so that it reads back."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LONGEST_REMEMBERED = 100  # characters: names and words, which come again; texts do not

# What Python calls white space, and two marks that look like nothing at all.
_BLANK = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\ufeff\u200b"

# What a spreadsheet calculates: a sign, also as wide or small as East Asian keyboards write it, and
# whatever shows nothing before it.
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


def clean_text(text: str) -> str:
    """`text` as the register keeps it: nothing blank around it, lines ended by a newline.

    Compare a stored text with an imported one through this, else an export differs from itself.
    """
    text = text.strip(_BLANK)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def neutralize_formula(text: str) -> str:
    """`text` for a CSV or XLSX cell, with an apostrophe where a spreadsheet would calculate it.

    `restored` is the inverse, also for texts that begin with an apostrophe themselves.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def restore_formula(text: str) -> str:
    """The text that `neutralised` was given."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


def clean_cell(text: str) -> str:
    """The text of a cell as it stands in a file: clean, and without what `neutralised` added."""
    text = clean_text(text)
    return clean_text(restore_formula(text)) if text[:1] == "'" else text


def match_key(text: str) -> str:
    """`text` for comparing: small letters without accents, single spaces, no punctuation."""
    return _remembered_key(text) if len(text) <= LONGEST_REMEMBERED else _key(text)


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("#", " number "))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(plain))


_remembered_key = lru_cache(maxsize=65_536)(_key)


def title_key(title: str) -> str:
    """What two titles of one risk have in common: case, width and white space do not count."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def first_sentence(text: str, limit: int = 255) -> str:
    """The first sentence of `text` as a title, cut at a word where it is longer than `limit`."""
    first = " ".join(_SENTENCE_END.split(text.strip(), maxsplit=1)[0].split()).removesuffix(".")
    return shorten_text(first, limit)


def shorten_text(text: str, limit: int) -> str:
    """`text`, cut at a word and ended with an ellipsis where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    return kept.rsplit(" ", 1)[0].rstrip(" ,;:") + "…" if " " in kept else f"{kept}…"


def split_list(text: str, *, commas: bool = False) -> list[str]:
    """The items of a cell, each once: split at semicolons, bars and lines.

    `commas` splits at commas where there is none of these. An item in double quotes holds any
    of them, with its own quotes doubled, as `join_list` writes it.
    """
    items = _items(_STRONG_ITEM, text)
    if commas and len(items) == 1:
        items = _items(_COMMA_ITEM, text)
    return list(dict.fromkeys(items))


def _items(pattern: re.Pattern[str], text: str) -> list[str]:
    found = (
        clean_text(quoted[1:-1].replace('""', '"') if quoted else plain)
        for quoted, plain in pattern.findall(text)
    )
    return [item for item in found if item]


def join_list(items: Iterable[str]) -> str:
    """`items` as one cell that `split_list` reads back."""
    return "; ".join(
        '"{}"'.format(item.replace('"', '""')) if _NEEDS_QUOTES.search(item) else item
        for item in items
    )
