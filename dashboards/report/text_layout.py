"""Text that fits where it is printed, in fonts that come with the project.

DejaVu Sans has Latin, Greek, Cyrillic and more, but not Chinese, Japanese, Korean or emoji, which
are printed as boxes. Hebrew and Arabic are printed letter by letter from left to right, because
nothing here reorders or joins them.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path

from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
FOLDER = Path(__file__).parent / "fonts"
BOX = "\N{WHITE SQUARE}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
MOST_CHARACTERS = 1000  # of a line, which has room for a few hundred


@lru_cache(maxsize=1)
def load_characters() -> frozenset[int]:
    """Register the fonts, and return the characters that both have."""
    fonts = [TTFont(name, FOLDER / f"{name}.ttf") for name in (REGULAR, BOLD)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    regular, bold = (frozenset(font.face.charToGlyph) for font in fonts)
    return regular & bold


def to_printable(text: str) -> str:
    """Return `text` in one line, with a box for each character that the fonts lack."""
    characters = load_characters()
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(character if ord(character) in characters else BOX for character in composed)


def text_width(text: str, size: float, font: str = REGULAR) -> float:
    return pdfmetrics.stringWidth(to_printable(text), font, size)


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
    lines = simpleSplit(to_printable(text), font, size, width)
    fitted = [fit_line(line, width, size, font) for line in lines[:most]]
    if len(lines) > most:
        fitted[-1] = fit_line(" ".join(lines[most - 1 :]), width, size, font)
    return fitted
