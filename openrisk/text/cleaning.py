"""Removes from what people write the signs that no one sees.

They come with text that was copied, hide words from a search and names from each other, and turn
what is read around. What joins letters of Persian, of Indian scripts and of emoji stays, as do the
marks of direction that Hebrew and Arabic text needs.
"""

import json
import re

# Control characters, zero width spaces, soft hyphens, byte order marks, what reverses text, tags.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile(r"[\x0b\x0c\x85\u2028\u2029]")
# Nothing of these can be seen where nothing else stands: joiners, marks, fillers, blanks.
_BLANK = re.compile(
    r"[\s\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c-\u200f\u2800\u3164\ufe00-\ufe0f\uffa0"
    r"\U000e0100-\U000e01ef]*"
)


def remove_invisible(text: str) -> str:
    """Return `text` without signs that no one sees; "" where nothing is left to see."""
    if text.isprintable() and text.isascii():
        return text
    text = _LINE_ENDS.sub("\n", _INVISIBLE.sub("", text))
    return "" if _BLANK.fullmatch(text) else text


def escape_invisible(document: str) -> str:
    """Write such signs in a JSON document as escapes, which `remove_invisible` leaves alone."""
    signs = re.compile(f"{_INVISIBLE.pattern}|{_LINE_ENDS.pattern}")
    return signs.sub(lambda sign: json.dumps(sign[0])[1:-1], document)
