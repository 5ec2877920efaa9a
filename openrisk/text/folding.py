# ruff: noqa: RUF001  letters that look like others are what this is about
"""Folded text, in which a search looks: the same on both databases.

    Überschwemmung, UBERSCHWEMMUNG, with the two dots apart    uberschwemmung
    Łódź, Straße, ΟΔΟΣ, ﬁre, “Müller”                          lodz, strasse, οδοσ, fire, "muller"

PostgreSQL has it as the function `openrisk_fold`, so that neither the locale nor the version of a
server decides what is found; SQLite is given `fold_text`. Columns hold what the function returned:
a change of the tables below needs a migration that makes the function and those columns again.
"""

import re
import unicodedata
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from django.db import models
from django.db.models import F, Func, Value
from django.db.models.expressions import Col
from django.db.models.functions import Coalesce
from django.db.models.lookups import Contains

# Accents, vowel points of Hebrew and Arabic, and signs that are not seen. The marks that make
# other letters of Japanese, Indian and Thai ones are not accents.
MARKS = (
    r"[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    r"\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]+"
)
# Letters whose accent Unicode does not take off, and signs that keyboards do not have.
_PLAIN = dict(zip("øłđħðıς‘’ʼ“”„‐–—−", "oldhdiσ'''\"\"\"----", strict=True))
LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
_SCRIPTS_WITH_CASE = range(0x80, 0x590)  # Latin, Greek, Cyrillic, Armenian

_MARKS = re.compile(MARKS)


def fold_text(text: str) -> str:
    """Return `text` without case, accents, forms of characters, and signs that are not seen."""
    if text.isascii():
        return text.lower()
    return _strip_marks(text).translate(_LETTERS).translate(_LIGATURES)


def _strip_marks(text: str) -> str:
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))


def folded_letters() -> dict[str, str]:
    """Return the letter of folded text for each other letter, one for one."""
    capitals = {
        letter: letter.lower()
        for letter in map(chr, _SCRIPTS_WITH_CASE)
        if _strip_marks(letter) == letter and len(letter.lower()) == 1
    }
    small = capitals | {"ẞ": "ß"} | _PLAIN
    folded = {letter: _PLAIN.get(form, form) for letter, form in small.items()}
    return {letter: form for letter, form in folded.items() if letter != form}


_LETTERS = str.maketrans(
    folded_letters() | dict(zip(ascii_uppercase, ascii_lowercase, strict=True))
)
_LIGATURES = str.maketrans(LIGATURES)


class FoldedLines(Func):
    """The texts of some columns, folded, one below the other."""

    template = "openrisk_fold(%(expressions)s)"
    output_field = models.TextField()

    def __init__(self, *fields: str) -> None:
        texts = (Coalesce(F(field), Value(""), output_field=models.TextField()) for field in fields)
        super().__init__(*texts)

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> Any:
        newline = "chr(10)" if connection.vendor == "postgresql" else "char(10)"
        return super().as_sql(compiler, connection, arg_joiner=f" || {newline} || ", **extra)


class SearchColumn(FoldedLines):
    """The same from the column `search_text`, which PostgreSQL keeps beside them."""

    stored_in = "search_text"

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        column = next(part for part in self.flatten() if isinstance(part, Col))
        table = compiler.quote_name_unless_alias(column.alias)
        return f"{table}.{connection.ops.quote_name(self.stored_in)}", []


class TitleColumn(SearchColumn):
    """The beginning of what names a row, from the column `search_title`."""

    stored_in = "search_title"


def fold_words(text: str) -> list[str]:
    """Return the words of `text` that a search looks for, folded, each once."""
    return list(dict.fromkeys(fold_text(text.replace("\0", " ")).split()))


def filter_by_words(rows: Any, text: str, lines: FoldedLines) -> Any:
    """Return those of `rows` in whose `lines` every word of `text` stands, also inside of a word.

    A word is what is between blanks, signs included.
    """
    if not text.strip():
        return rows.all()
    words = fold_words(text)
    return rows.filter(*(Contains(lines, word) for word in words)) if words else rows.none()
