"""Text that fits where it is printed, in fonts that come with the project.

DejaVu Sans has Latin, Greek, Cyrillic, Hebrew, Arabic and more; subsets of Noto Sans have Chinese,
Japanese and Korean, in one weight. Texts are kept and cut as they are read; `draw_line` joins
Arabic letters and puts Hebrew and Arabic into the order in which they are seen. Emoji and other
scripts are printed as boxes, and documents say which (`collect_missing`).
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from arabic_reshaper import reshape
from bidi.algorithm import get_display
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

REGULAR, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
OTHERS = ("NotoSansSC-Subset", "NotoSansKR-Subset")  # for what those two lack
FOLDER = Path(__file__).parent / "fonts"
BOX = "\N{WHITE SQUARE}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
MOST_CHARACTERS = 1000  # of a line, which has room for a few hundred
_missing: ContextVar[set[str] | None] = ContextVar("missing characters", default=None)
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# A line may end behind each character of Chinese and Japanese, and at blanks.
_IDEOGRAPH = "\u2e80-\u312f\u31a0-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
_PIECE = re.compile(rf"[{_IDEOGRAPH}]|[^\s{_IDEOGRAPH}]+|\s+")


@lru_cache(maxsize=1)
def load_characters() -> frozenset[int]:
    """Register the usual fonts, and return the characters that both have."""
    return frozenset(load_font(REGULAR) & load_font(BOLD))


@lru_cache(maxsize=1)
def load_other_characters() -> dict[int, str]:
    """Register the other fonts, which are large, and return which of them has a character."""
    return {code: name for name in reversed(OTHERS) for code in load_font(name)}


def load_font(name: str) -> frozenset[int]:
    font = TTFont(name, FOLDER / f"{name}.ttf", shapable=False)
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def font_of(character: str, font: str) -> str:
    """Return `font`, another one that has the character, or "" where none has it."""
    if ord(character) in load_characters():
        return font
    return load_other_characters().get(ord(character), "")


def to_printable(text: str) -> str:
    """Return `text` in one line, with a box for each character that the fonts lack."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(one if font_of(one, REGULAR) else box_for(one) for one in composed)


def box_for(character: str) -> str:
    """Return the box that is printed for a character, and note it for `collect_missing`."""
    if (missing := _missing.get()) is not None:
        missing.add(character)
    return BOX


@contextmanager
def collect_missing() -> Iterator[set[str]]:
    """Collect the characters that are printed as boxes, so that a document can say so."""
    missing: set[str] = set()
    token = _missing.set(missing)
    try:
        yield missing
    finally:
        _missing.reset(token)


def to_visual(text: str) -> str:
    """Return a line in the order in which it is seen, with Arabic letters joined."""
    if not _RIGHT_TO_LEFT.search(text):
        return text
    return to_printable(str(get_display(reshape(text))))


def split_runs(line: str, font: str) -> Iterator[tuple[str, str]]:
    """Yield (font, part) for the parts of a printable line, as they are seen."""
    for name, characters in groupby(to_visual(line), lambda one: font_of(one, font)):
        yield name, "".join(characters)


def text_width(text: str, size: float, font: str = REGULAR) -> float:
    runs = split_runs(to_printable(text), font)
    return sum(pdfmetrics.stringWidth(part, name, size) for name, part in runs)


def draw_line(
    canvas: Canvas, x: float, y: float, line: str, *, font: str = REGULAR, size: float
) -> None:
    """Draw a printable line from `x` on, each part of it in the font that has it."""
    for name, part in split_runs(line, font):
        canvas.setFont(name, size)
        canvas.drawString(x, y, part)
        x += pdfmetrics.stringWidth(part, name, size)


def fit_line(text: str, width: float, size: float, font: str = REGULAR) -> str:
    """Return `text` in one line of at most `width` points, shortened with an ellipsis."""
    text = to_printable(text[:MOST_CHARACTERS])
    if text_width(text, size, font) <= width:
        return text
    while text and text_width(text + ELLIPSIS, size, font) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def fit_lines(text: str, width: float, size: float, *, most: int, font: str = REGULAR) -> list[str]:
    """Return `text` in at most `most` lines, the last one shortened if there is more."""
    lines = wrap_lines(text, width, size, font)
    fitted = [fit_line(line, width, size, font) for line in lines[:most]]
    if len(lines) > most:
        fitted[-1] = fit_line(" ".join(lines[most - 1 :]), width, size, font)
    return fitted


def is_plain(text: str) -> bool:
    """Return whether ReportLab itself can lay out a printable text: one font, left to right."""
    characters = load_characters()
    return not _RIGHT_TO_LEFT.search(text) and all(ord(one) in characters for one in text)


def wrap_lines(text: str, width: float, size: float, font: str = REGULAR) -> list[str]:
    """Return `text` in as many lines of at most `width` points as it needs."""
    text = to_printable(text)
    if is_plain(text):
        return simpleSplit(text, font, size, width)
    lines, line = [], ""
    for piece in _PIECE.findall(text):
        if line.strip() and text_width(line + piece, size, font) > width:
            lines.append(line.strip())
            line = ""
        line += piece
        while len(line) > 1 and text_width(line, size, font) > width:  # a word that fits no line
            end = len(line) - 1
            while end > 1 and text_width(line[:end], size, font) > width:
                end -= 1
            lines.append(line[:end])
            line = line[end:]
    return [*lines, line.strip()] if line.strip() else lines
