"""Shape of a table: what the rows of risks usually hold in its columns, to tell others by."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from risks.fields import FIGURES, RATINGS
from risks.registers.layout.columns import TITLE_SOURCES, Column, is_scale_word
from risks.registers.mapping.lexicon import IMPACTS, LIKELIHOODS
from risks.registers.reading.sheet import NumberedRow
from risks.registers.reading.text import match_key

_USUAL = 0.6  # of the risks, that fill a column which they usually fill
_DIGITS, _LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[-+]?[\d.,' ]*\d[\d.,' ]*%?|[-–—]", re.ASCII)  # noqa: RUF001
# Fields of which a risk may have several, one in each of its rows.
MANY = ("treatment_plan", "existing_controls", "assets", "controls", "tags")


@dataclass(slots=True)
class TableShape:
    """Indexes of columns by what they give, and what is usual in the rows of risks."""

    indexes: list[int]
    ids: list[int]
    titles: list[int]
    figures: list[int]
    ratings: list[int]
    many: list[int]
    statuses: list[int]
    id_shapes: Counter[str] = field(default_factory=Counter)
    title_of_id: dict[str, str] = field(default_factory=dict)
    usual: list[int] = field(default_factory=list)  # besides ids and titles
    rating_is_number: dict[int, bool] = field(default_factory=dict)
    titles_are_words: bool = True  # rather than numbers and words of scales

    def has_title(self, cells: Sequence[str]) -> bool:
        return bool(texts(cells, self.titles))

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a row that stands apart from the table may be a risk of it."""
        titles, ids = texts(cells, self.titles), texts(cells, self.ids)
        if not titles or (self.titles_are_words and all(map(is_word_of_scale, titles))):
            return False
        for index, is_number in self.rating_is_number.items():
            if any(text.isdecimal() != is_number for text in texts(cells, [index])):
                return False
        if ids:
            known_title = self.title_of_id.get(ids[0], titles[0])
            return shape_of(ids[0]) in self.id_shapes and known_title == titles[0]
        return not self.usual or 2 * len(texts(cells, self.usual)) >= len(self.usual)

    def is_odd(self, cells: Sequence[str]) -> bool:
        """Whether the id is like no other, and what risks usually have is missing."""
        ids = texts(cells, self.ids)
        is_unlike = bool(ids) and len(self.id_shapes) > 1 and self.id_shapes[shape_of(ids[0])] == 1
        return is_unlike and bool(self.usual) and not texts(cells, self.usual)


def learn_shape(columns: Sequence[Column], rows: Sequence[NumberedRow]) -> TableShape:
    """Return the shape of a table of which `rows` are the largest part."""

    def of_fields(*fields: str) -> list[int]:
        return [i for column in columns if column.field in fields for i in column.indexes]

    shape = TableShape(
        indexes=[index for column in columns for index in column.indexes],
        ids=of_fields("external_id", "reference"),
        titles=of_fields(*TITLE_SOURCES),
        figures=of_fields(*FIGURES),
        ratings=of_fields(*RATINGS),
        many=of_fields(*MANY),
        statuses=of_fields("status"),
    )
    risks = [cells for _, cells in rows if shape.has_title(cells)]
    filled = Counter(index for cells in risks for index, cell in enumerate(cells) if cell)
    shape.usual = [
        index
        for index in shape.indexes
        if index not in (*shape.ids, *shape.titles) and filled[index] > _USUAL * len(risks)
    ]
    for cells in risks:
        for text in texts(cells, shape.ids)[:1]:
            shape.id_shapes[shape_of(text)] += 1
            shape.title_of_id.setdefault(text, texts(cells, shape.titles)[0])
    for index in shape.ratings:
        kinds = {text.isdecimal() for cells in risks for text in texts(cells, [index])}
        if len(kinds) == 1:
            shape.rating_is_number[index] = kinds.pop()
    titles = [texts(cells, shape.titles)[0] for cells in risks]
    shape.titles_are_words = 2 * sum(map(is_word_of_scale, titles)) < len(titles)
    return shape


def texts(cells: Sequence[str], indexes: Iterable[int]) -> list[str]:
    """Return the cells at these indexes that hold something."""
    return [cells[index] for index in indexes if index < len(cells) and cells[index]]


def shape_of(text: str) -> str:
    """Return R-1 and R-23 as the same: letters as a, digits as 9."""
    return _LETTERS.sub("a", _DIGITS.sub("9", text))


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def is_word_of_scale(text: str) -> bool:
    """Whether a matrix or a legend would say this, and no title: High, Almost certain, 4."""
    key = match_key(text)
    return is_number(text) or is_scale_word(text) or key in LIKELIHOODS or key in IMPACTS
