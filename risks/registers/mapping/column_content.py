"""Content of columns: whether the cells of one look like the field that its name means."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from risks.fields import FIGURES, PEOPLE, RATINGS
from risks.registers.mapping.lexicon import (
    IMPACTS,
    LEVELS,
    LIKELIHOODS,
    find_word,
    level_of,
    treatment_of,
)
from risks.registers.mapping.lexicon.kinds import RISK, kind_of
from risks.registers.mapping.ratings.reading import RatingColumn, is_unrated, read_ratings
from risks.registers.reading.text import split_list

_PROSE_WORDS = 6  # more than any rating, name or category has
_STATEMENT_CHARACTERS = 100  # more than a title has, on average

_CONTROL = re.compile(r"[A-Za-z]{0,8}[ .:_-]?[A-Za-z]{0,4}[ ._-]?\d[\w.()-]*|[A-Z]{2}\.[A-Z]{2}")
_NUMBER = re.compile(r"[-+]?\d[\d\s.,']*%?")
_PRIORITY = re.compile(r"(?:[ps]|sev|prio|priority|severity)[ -]?\d", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")

_TEXTS = frozenset(
    {"description", "threat", "vulnerability", "existing_controls", "treatment_plan", "title"}
)
_NAMES = frozenset({"external_id", "category", "assets", "tags", "owner_name", "status", *PEOPLE})


@dataclass(frozen=True)
class ColumnContent:
    """The header of a column and some of its cells, none of them empty."""

    header: str
    cells: Sequence[str]

    def fits(self, field: str) -> bool:
        """Whether most cells hold what belongs into `field`."""
        if field in RATINGS:
            return self.has_ratings(field) or (self.has_categories and not self.is_priority)
        if field in FIGURES:
            return self.is_numeric if field.endswith("score") else self.has_levels
        if field == "treatment":
            return self.is_treatment
        if field == "controls":
            return self.holds_mostly(is_control) and not self.has_small_ratings
        if field in _TEXTS:
            is_scale = self.is_priority or (field == "description" and self.has_categories)
            return not (is_scale or self.is_numeric or self.holds_mostly(is_rating))
        return not self.contradicts(field)

    def contradicts(self, field: str) -> bool:
        """Whether the cells cannot be read as `field`: the name must mean something else."""
        if field in RATINGS:
            return self.is_prose or self.is_priority
        if field in _TEXTS - {"title"}:
            return self.is_numeric
        if field in PEOPLE or field == "owner_name":
            return self.is_prose or self.is_numeric or self.holds_mostly(is_date)
        if field == "controls":
            return self.has_small_ratings  # how well they work, not which there are
        if field == "category" and all(is_word_risk(cell) for cell in self.cells):
            return True  # a RAID log calls each risk one
        return field in _NAMES and self.is_prose

    def holds_mostly(self, predicate: Callable[[str], bool]) -> bool:
        return bool(self.cells) and 2 * sum(map(predicate, self.cells)) >= len(self.cells)

    def has_ratings(self, field: str) -> bool:
        """Whether most cells are read as likelihoods or impacts, or are not rated yet."""
        counts = Counter(self.cells)
        if not counts or self.is_priority:
            return False
        column = RatingColumn(self.header, field.rpartition("_")[2], counts)
        ratings = read_ratings([column])[self.header].values
        read = sum(n for cell, n in counts.items() if ratings.get(cell) or is_unrated(cell))
        return 2 * read >= len(self.cells)

    @cached_property
    def has_categories(self) -> bool:
        """Whether the same few short words repeat: a scale in words that we do not know."""
        words = set(self.cells)
        return 3 * len(words) <= len(self.cells) and all(len(word.split()) <= 2 for word in words)

    @cached_property
    def is_priority(self) -> bool:
        """Whether the cells count from the top: "P1" and "Sev 1" are the worst."""
        return self.holds_mostly(is_priority)

    @cached_property
    def has_small_ratings(self) -> bool:
        """Whether the cells are numbers from 1 to 5, which rate something."""
        return self.holds_mostly(lambda cell: cell in {"1", "2", "3", "4", "5"})

    @cached_property
    def is_numeric(self) -> bool:
        return self.holds_mostly(is_number)

    @cached_property
    def has_levels(self) -> bool:
        return self.holds_mostly(lambda cell: is_rating(cell) and not is_number(cell))

    @cached_property
    def is_treatment(self) -> bool:
        return self.holds_mostly(is_treatment)

    @cached_property
    def is_prose(self) -> bool:
        return self.holds_mostly(is_prose)

    @cached_property
    def mean_length(self) -> float:
        return sum(map(len, self.cells)) / len(self.cells) if self.cells else 0

    @property
    def is_statement(self) -> bool:
        """Whether the cells are longer than titles are."""
        return self.mean_length > _STATEMENT_CHARACTERS

    @cached_property
    def is_telling(self) -> bool:
        """Whether the cells are texts of several words, most of which occur once."""
        is_text = self.holds_mostly(lambda cell: " " in cell and not is_date(cell))
        return is_text and 4 * len(set(self.cells)) >= 3 * len(self.cells)


def is_prose(cell: str) -> bool:
    return any(len(item.split()) >= _PROSE_WORDS for item in split_list(cell, commas=True))


def is_word_risk(cell: str) -> bool:
    return len(cell.split()) == 1 and kind_of(cell) == RISK


def is_number(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell))


def is_priority(cell: str) -> bool:
    return bool(_PRIORITY.fullmatch(cell))


def is_date(cell: str) -> bool:
    return bool(_DATE.fullmatch(cell))


def is_rating(cell: str) -> bool:
    known = (LEVELS, LIKELIHOODS, IMPACTS)
    return cell.isdecimal() or level_of(cell) is not None or any(find_word(k, cell) for k in known)


def is_treatment(cell: str) -> bool:
    return treatment_of(cell) is not None


def is_control(cell: str) -> bool:
    items = split_list(cell, commas=True)
    return bool(items) and bool(_CONTROL.fullmatch(items[0]))
