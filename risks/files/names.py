"""Names of files: cleaned of what could mislead a person or a computer."""

import re
import unicodedata
from pathlib import PurePosixPath

from openrisk.text.cleaning import remove_invisible

LONGEST = 255  # characters, as the column has
LONGEST_ENDING = 20
UNNAMED = "file"
# Marks of direction too, which texts may have: in a name they move the ending to another place.
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean_name(name: str) -> str:
    """Return the last part of a path, without control characters and marks of direction.

    It is at most LONGEST characters long and keeps its ending; "file" where nothing is left.
    """
    text = _DIRECTION.sub("", remove_invisible(unicodedata.normalize("NFC", name)))
    text = re.split(r"[/\\]", text.strip())[-1]
    text = " ".join(text.split()).strip(". ")
    return _shorten(text) or UNNAMED


def ending_of(name: str) -> str:
    """Return the ending of a name in small letters, with its dot; "" without one."""
    return PurePosixPath(name).suffix.lower()


def _shorten(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    ending = ending_of(name)
    if len(ending) > LONGEST_ENDING:
        return name[:LONGEST]
    return name[: LONGEST - len(ending)].rstrip(". ") + name[len(name) - len(ending) :]
