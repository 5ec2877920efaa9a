"""Text as the register stores it, cleaned and cut to its limit; counts and days for people."""

from datetime import date

from openrisk.text.cleaning import remove_invisible


def clean_text(text: str) -> str:
    """Remove blank space around `text` and signs that no one sees, and end lines with a newline.

    Compare a stored text with an imported one through this, else an export differs from itself.
    """
    text = remove_invisible(text).strip()
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def shorten_text(text: str, limit: int) -> str:
    """Cut `text` at a word and end it with an ellipsis if it is longer than `limit`."""
    if len(text) <= limit:
        return text
    start = text[: limit - 1]
    return start.rsplit(" ", 1)[0].rstrip(" ,;:") + "…" if " " in start else f"{start}…"


def count_text(number: int, noun: str) -> str:
    """ "1 row", "3 rows" """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def day_text(day: date) -> str:
    """ "3 Nov 2026" """
    return f"{day:%-d %b %Y}"
