"""Titles: made for risks whose register gives none, or more than a title holds."""

from dataclasses import dataclass
from typing import Any

from risks.registers.mapping.values import CIRCUMSTANCES, LIMITS
from risks.registers.reading.text import first_sentence, title_key
from risks.text import shorten_text

TITLE_SOURCES = ("title", "threat", "vulnerability", "description")
NUMBER_ERROR = "A number is not a title. Write what can happen, or map another column to title."


@dataclass(frozen=True, slots=True)
class RiskTitle:
    """A title, and the text that identifies the risk if the source has no id.

    `how` says what it was made from: title (cut), description, threat; "" if the cell is the title.
    """

    text: str
    identity: str
    how: str = ""


def has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def make_title(values: dict[str, Any]) -> RiskTitle | None:
    """The title of a row by its texts; None if they give none.

    A title without a letter gives none either. A statement of the risk comes before "threat:
    vulnerability". The same threat to two assets is two risks.
    """
    limit = LIMITS["title"]
    title, description = values.get("title") or "", values.get("description") or ""
    if has_letter(title):
        if len(title) <= limit:
            return RiskTitle(title, title_key(title))
        return RiskTitle(first_sentence(title, limit), shorten_key(title), "title")
    if has_letter(description):
        return RiskTitle(
            first_sentence(description, limit), shorten_key(description), "description"
        )
    parts = (first_sentence(values.get(name) or "") for name in ("threat", "vulnerability"))
    text = shorten_text(": ".join(filter(None, parts)), limit)
    if not text:
        return None
    identity = ": ".join((text, *values.get("assets", ())))
    return RiskTitle(text, shorten_key(identity), "threat")


def shorten_key(text: str) -> str:
    return title_key(text)[: LIMITS["external_id"]]


def describe_circumstances(values: dict[str, Any]) -> str:
    """Threat, vulnerability and existing controls as the lines of a description."""
    return "\n".join(
        f"{label}: {values[name]}" for name, label in CIRCUMSTANCES.items() if values.get(name)
    )
