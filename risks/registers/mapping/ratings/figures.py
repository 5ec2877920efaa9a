"""Figures: the source's own scores and levels, compared with ours and kept where they differ."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from risks.registers.mapping.lexicon import level_of
from risks.registers.mapping.ratings.cells import parse_cell
from risks.registers.mapping.ratings.derivation import derive_ratings
from risks.registers.mapping.ratings.scales import (
    ONE_TO_FIVE,
    RatedRow,
    Scale,
    scale_of_products,
)
from risks.registers.reading.text import LONGEST_CACHED
from risks.registers.results import SHOWN_CHARACTERS, Guess, RatingDifference, Table
from risks.scoring import KINDS, score
from risks.text import count_text

_SCORE = re.compile(
    r"(?<![\d.,])(\d{1,6}(?:[.,]\d{1,3})?)(?:\s*(?:/|of|out of|von|sur)\s*\d{1,4})?(?!\d)"
)
_NOT_WORDS = re.compile(r"[\d()\[\]/:=.,-]+")
# A formula holds if this share of the rows follow it: the others are mistakes.
ENOUGH_ROWS = Fraction(4, 5)
MAX_LISTED = 50
SAMPLE = 500  # rows that show a formula
_LONGEST_NUMBER = 40  # characters, with a word beside it


@dataclass(frozen=True, slots=True)
class SourceFigure:
    """A score, a level in our word, or both: "12", "High", "12 (High)"."""

    score: Fraction | None = None
    level: str = ""


@lru_cache(maxsize=1_024)
def cached_figure(text: str) -> SourceFigure:
    match = _SCORE.search(text)
    level = level_of(_NOT_WORDS.sub(" ", text)) or ""
    is_score = match and (level or not re.search(r"[^\W\d_]", text[: match.start()]))
    return SourceFigure(Fraction(match[1].replace(",", ".")) if match and is_score else None, level)


def read_figure(text: str) -> SourceFigure:
    return cached_figure(text) if len(text) <= LONGEST_CACHED else SourceFigure()


def plain_number(text: str) -> Fraction | None:
    """The number in a rating of the source, on its own scale."""
    return cached_number(text) if len(text) <= _LONGEST_NUMBER else None


@lru_cache(maxsize=4_096)
def cached_number(text: str) -> Fraction | None:
    cell = parse_cell(text, ())
    return cell.number if cell and cell.scale is None else None


@dataclass(frozen=True, slots=True)
class Formula:
    """The computation of a score from the numbers of its source."""

    text: str
    third: str = ""  # the header of a third factor, such as detection

    def result(
        self, likelihood: Fraction, impact: Fraction, cells: Mapping[str, str]
    ) -> Fraction | None:
        if self == SUM:
            return likelihood + impact
        if self == PERCENT_PRODUCT:
            return likelihood * impact / 100
        third = plain_number(cells[self.third]) if self.third else Fraction(1)
        return None if third is None else likelihood * impact * third


PRODUCT, SUM = Formula("likelihood x impact"), Formula("likelihood + impact")
PERCENT_PRODUCT = Formula("likelihood in percent x impact")


@dataclass(slots=True)
class RowFigures:
    """The figures of one row that are not ours.

    `kept` has their cells by header, `source_ratings` all that the source says, by kind of rating;
    `derived` is what ratings were derived from, by kind, and `ratings` are those.
    """

    kept: dict[str, str] = field(default_factory=dict)
    source_ratings: dict[str, str] = field(default_factory=dict)
    derived: dict[str, str] = field(default_factory=dict)
    ratings: dict[str, int] = field(default_factory=dict)


class FigureReader:
    """Compares the scores and levels of one table. `header_of` are the headers of its fields."""

    def __init__(
        self,
        table: Table,
        header_of: Mapping[str, str],
        columns: Mapping[str, str],
        levels: Sequence[Sequence[str]],
        *,
        derive: bool,
    ) -> None:
        self.table, self.header_of, self.levels, self.derive = table, header_of, levels, derive
        self.columns = columns  # field by header: residual_score, ...
        self.headers_by_kind = {
            kind: headers
            for kind in KINDS
            if (headers := [header for header, name in columns.items() if kind_of(name) == kind])
        }
        self.formulas = {
            header: formula
            for header, name in columns.items()
            if name.endswith("_score") and (formula := self.find_formula(header, kind_of(name)))
        }
        self.rating_scales: Mapping[str, Scale] = {}  # by header, once the ratings are read
        self.differences: list[RatingDifference] = []
        self.by_formula: Counter[str] = Counter()
        self.alone: Counter[str] = Counter()
        self.derivations: dict[str, dict[str, str]] = {}
        self.not_derived: Counter[str] = Counter()

    # --- What the whole table says

    def rated_rows(self) -> Counter[RatedRow]:
        """The numbers of rows with the level that the source gives them."""
        rows: Counter[RatedRow] = Counter()
        for kind, figures in self.headers_by_kind.items():
            likelihood = self.header_of.get(f"{kind}_likelihood")
            impact = self.header_of.get(f"{kind}_impact")
            if likelihood is None or impact is None:
                continue
            texts = Counter(
                (cells[likelihood], cells[impact], *(cells[header] for header in figures))
                for _, cells in self.table.rows
            )
            for (first, second, *theirs), times in texts.items():
                numbers = plain_number(first), plain_number(second)
                level = next(filter(None, (read_figure(text).level for text in theirs)), "")
                if numbers[0] is not None and numbers[1] is not None and level:
                    rows[RatedRow(numbers[0], numbers[1], level)] += times
        return rows

    @cached_property
    def scores(self) -> Counter[Fraction]:
        """The scores of all columns: those of residual risks alone are too low to show a scale."""
        headers = [header for header, name in self.columns.items() if name.endswith("_score")]
        scores = (read_figure(cells[h]).score for _, cells in self.table.rows for h in headers)
        return Counter(number for number in scores if number is not None)

    def scale_of(self, header: str) -> Scale | None:
        """The scale whose products the scores of a column are; None if they are not products."""
        for score_header, formula in self.formulas.items():
            if formula == PRODUCT:
                kind = kind_of(self.columns[score_header])
                return self.rating_scales.get(self.header_of[f"{kind}_likelihood"], ONE_TO_FIVE)
        return scale_of_products(header, self.scores)

    def find_formula(self, header: str, kind: str) -> Formula | None:
        """The formula that most rows follow: a product, a sum, or a product of three (FMEA)."""
        rows = list(islice(self.numbers_of(header, kind), SAMPLE))
        others = [name for name in self.table.headers if name not in self.header_of.values()]
        triples = (Formula(f"{PRODUCT.text} x {name}", name) for name in others)
        for formula in (PRODUCT, PERCENT_PRODUCT, *triples, SUM):
            follow = sum(
                formula.result(likelihood, impact, cells) == theirs
                for likelihood, impact, theirs, cells in rows
            )
            if follow and follow >= ENOUGH_ROWS * len(rows):
                return formula
        return None

    def numbers_of(
        self, header: str, kind: str
    ) -> Iterator[tuple[Fraction, Fraction, Fraction, Mapping[str, str]]]:
        """Likelihood, impact and score of the rows that have all three as numbers, with cells."""
        likelihood = self.header_of.get(f"{kind}_likelihood")
        impact = self.header_of.get(f"{kind}_impact")
        if likelihood is None or impact is None:
            return
        for _, cells in self.table.rows:
            first, second = plain_number(cells[likelihood]), plain_number(cells[impact])
            theirs = read_figure(cells[header]).score
            if first is not None and second is not None and theirs is not None:
                yield first, second, theirs, cells

    # --- One row

    def read_row(
        self, number: int, values: Mapping[str, Any], cells: Mapping[str, str]
    ) -> RowFigures:
        row = RowFigures()
        for kind, columns in self.headers_by_kind.items():
            headers = [header for header in columns if cells[header]]
            if not headers:
                continue
            likelihood, impact = values.get(f"{kind}_likelihood"), values.get(f"{kind}_impact")
            if likelihood is None or impact is None:
                self.read_alone(row, kind, headers, (likelihood, impact), cells)
            else:
                self.compare(row, number, headers, (likelihood, impact), cells)
            if any(header in row.kept for header in headers):
                text = " ".join(cells[header] for header in headers)
                row.source_ratings[kind] = text[:SHOWN_CHARACTERS]
        return row

    def compare(
        self,
        row: RowFigures,
        number: int,
        headers: list[str],
        ratings: tuple[int, int],
        cells: Mapping[str, str],
    ) -> None:
        """Keep what is not ours, and report it unless the source computes it in another way."""
        our_score, our_level = score(*ratings), self.levels[ratings[0] - 1][ratings[1] - 1]
        for header in headers:
            figure = read_figure(cells[header])
            is_known = figure.score is not None or figure.level
            same_score = figure.score in {None, our_score}
            same_level = figure.level in {"", our_level}
            if is_known and same_score and same_level:
                continue
            row.kept[header] = cells[header]
            if not is_known:
                continue
            if same_level and self.follows_formula(header, cells):
                self.by_formula[header] += 1
                continue
            ours = str(our_score) if figure.score is not None and not same_score else our_level
            theirs = cells[header][:SHOWN_CHARACTERS]
            self.differences.append(RatingDifference(number, header, theirs, ours))

    def follows_formula(self, header: str, cells: Mapping[str, str]) -> bool:
        formula = self.formulas.get(header)
        if formula is None:
            return False
        kind = kind_of(self.columns[header])
        names = (self.header_of[f"{kind}_likelihood"], self.header_of[f"{kind}_impact"])
        likelihood, impact = (plain_number(cells[name]) for name in names)
        if likelihood is None or impact is None:
            return False
        return formula.result(likelihood, impact, cells) == read_figure(cells[header]).score

    def read_alone(
        self,
        row: RowFigures,
        kind: str,
        headers: list[str],
        ratings: tuple[int | None, int | None],
        cells: Mapping[str, str],
    ) -> None:
        """Keep what stands alone, and derive ratings from it if the caller wants that."""
        row.kept.update((header, cells[header]) for header in headers)
        self.alone.update(headers)
        if not self.derive:
            return
        score_header = next((h for h in headers if read_figure(cells[h]).score is not None), "")
        level_header = next((h for h in headers if read_figure(cells[h]).level), "")
        scale = self.scale_of(score_header) if score_header else ONE_TO_FIVE
        header = score_header if score_header and scale else level_header
        derived = header and derive_ratings(
            self.levels,
            score=read_figure(cells[header]).score if header == score_header else None,
            level=read_figure(cells[level_header]).level if level_header else "",
            scale=scale or ONE_TO_FIVE,
            known=ratings,
        )
        if not derived:
            self.not_derived.update(headers[:1])
            return
        row.ratings |= {f"{kind}_likelihood": derived[0], f"{kind}_impact": derived[1]}
        noun = "score" if header == score_header else "level"
        row.derived[kind] = f"{noun} {cells[header]}"[:SHOWN_CHARACTERS]
        self.derivations.setdefault(header, {})[cells[header]] = f"{derived[0]} x {derived[1]}"

    # --- The report

    def guesses(self) -> Iterator[Guess]:
        for header, formula in self.formulas.items():
            if times := self.by_formula[header]:
                kind = kind_of(self.columns[header])
                scale = self.rating_scales.get(self.header_of[f"{kind}_likelihood"], ONE_TO_FIVE)
                highest = max(len(self.levels), len(self.levels[0]))
                own = Scale(1, highest)
                on = f" on a scale from {scale}" if scale != own else ""
                detail = (
                    f"The source's score is {formula.text}{on}, ours is likelihood x impact from "
                    f"{own}. {count_text(times, 'score')} of the source are kept in extra and "
                    "shown with the risk."
                )
                yield Guess(header, "difference", detail)
        for header, times in self.alone.items():
            yield Guess(header, "figure", self.describe_alone(header, times))
        for header, table in self.derivations.items():
            detail = (
                "Likelihood and impact were derived from the source's figure by your matrix. They "
                "are marked as derived until someone confirms them."
            )
            yield Guess(header, "figure", detail, dict(list(table.items())[:MAX_LISTED]))
        for header, times in self.not_derived.items():
            detail = (
                f"For {count_text(times, 'row')} nothing was derived: no likelihood and impact of "
                "your matrix give that figure."
            )
            yield Guess(header, "figure", detail)

    def describe_alone(self, header: str, times: int) -> str:
        noun = self.columns[header].rpartition("_")[2]
        kind = kind_of(self.columns[header])
        text = (
            f"A {noun} cannot be taken over without likelihood and impact. That of "
            f"{count_text(times, 'row')} is kept in extra and shown with the risk."
        )
        if kind == "residual" and not self.derive:
            text += " The current score of these risks is the inherent one."
        if not self.derive:
            text += (
                f" To derive a likelihood and an impact from the {noun}, choose derived ratings "
                "(--derive-ratings)."
            )
        return text


def kind_of(name: str) -> str:
    return name.partition("_")[0]
