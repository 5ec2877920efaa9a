"""Dates as people write them in registers.

Day or month first is decided on the whole column; a month, quarter or year stands for its last
day. Whatever had to be decided is said.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dateutil import parser as dateutil_parser

from risks.imports.cells import key
from risks.imports.vocabulary import MONTHS, NO_DATE

EARLIEST, LATEST = 1970, 2199
ACCEPTED = "Write it as 2027-05-31, 31/05/2027, 31 May 2027, May 2027 or Q2 2027"

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+\d{1,2}:\d{2}.*)?")
_LAST_DAY_WORDS = frozenset("end of by until ende fin de del fine fim do eind van before late".split())
_QUARTER = re.compile(r"[qt]([1-4])|([1-4])(?:q|t)|([1-4])(?:er|e|st|nd|rd|th|o)?")
_MONTH_OF = {name: number for number, names in enumerate(MONTHS, 1) for name in names}
_QUARTER_WORDS = frozenset("quarter quartal trimestre kwartaal qtr".split())
_HALF = re.compile(r"[hs]([12])|([12])h")
