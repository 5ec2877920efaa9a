"""Names of files: what two exports of one register have in common."""

import re

from risks.registers.mapping.lexicon import MONTHS
from risks.registers.reading.text import match_key

# What people and programs add to the name of a file that they save once more.
_DECORATION_WORDS = """
    copy copie kopie kopia copia of final finale finaal endfassung definitive definitief
    draft entwurf brouillon borrador bozza rascunho concept version versione versao versie ver
    rev revision new neu nieuw nouveau nuevo nuovo novo old alt latest updated update
    current aktuell signed approved reviewed
"""
_DECORATIONS = frozenset(_DECORATION_WORDS.split())
# A year, a month, a day, a quarter, a week, "v2", "rev3", or all digits of a date together.
_COUNTER = re.compile(
    r"\d{1,2}|(19|20)\d\d(\d\d){0,2}|[qvwthr]\d{1,2}|(rev|ver|cw|kw|fy)\d{1,4}|\d{1,2}(19|20)\d\d"
    r"|\d{8}t?\d{0,6}"
)
_DATE_AT_END = re.compile(r"(?<=[a-z])(?:19|20)\d\d(?:\d\d){0,2}$")


def name_family(stem: str) -> str:
    """The words of a file's name without dates, versions and "(1)": equal for one register."""
    words = (_DATE_AT_END.sub("", word) for word in match_key(stem).split())
    return " ".join(
        word
        for word in words
        if word not in MONTHS and word not in _DECORATIONS and not _COUNTER.fullmatch(word)
    )
