"""Text that fits where it is printed, in fonts that are at hand everywhere.

DejaVu Sans comes with the project: it has Latin, Greek, Cyrillic and more, but neither Chinese,
Japanese and Korean nor emoji, which are printed as a box each. Hebrew and Arabic are printed letter
by letter from left to right, as nothing here turns or joins them.
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


@lru_cache(maxsize=1)
def _characters() -> frozenset[int]:
    """Those that both fonts have. Registers the fonts."""
    fonts = [TTFont(name, FOLDER / f"{name}.ttf") for name in (REGULAR, BOLD)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    regular, bold = (frozenset(font.face.charToGlyph) for font in fonts)
    return regular & bold


def to_printable(text: str) -> str:
    """`text` in one line, a box for each character that the fonts lack."""
    known = _characters()
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(character if ord(character) in known else BOX for character in composed)


def text_width(text: str, size: float, font: str = REGULAR) -> float:
    return pdfmetrics.stringWidth(to_printable(text), font, size)


def fit_line(text: str, width: float, size: float, font: str = REGULAR) -> str:
    """`text` in one line of at most `width` points, shortened with an ellipsis."""
    # A line holds a few hundred characters: nobody need measure a text of a million.
    text = to_printable(text[:1000])
    if text_width(text, size, font) <= width:
        return text
    while text and text_width(text + ELLIPSIS, size, font) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def fit_lines(text: str, width: float, size: float, *, most: int, font: str = REGULAR) -> list[str]:
    """`text` in at most so many lines, the last shortened where there is more."""
    broken = simpleSplit(to_printable(text), font, size, width)
    kept = [fit_line(line, width, size, font) for line in broken[:most]]
    if len(broken) > most:
        kept[-1] = fit_line(" ".join(broken[most - 1 :]), width, size, font)
    return kept
