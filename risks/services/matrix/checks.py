"""Rules for levels, labels, descriptions and colours of a matrix."""

import re
from typing import Any

from django.utils.translation import gettext as _

from risks.models import Level, Matrix
from risks.scoring import SIZES
from risks.services.rows import field_error

LONGEST_LABEL = 50
LONGEST_DESCRIPTION = 500
RANKS = {level: rank for rank, level in enumerate(Level.values)}
AXES = ("likelihood", "impact")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

Levels = list[list[str]]
Cell = tuple[int, int]  # likelihood, impact


def cells_of(levels: Levels) -> list[Cell]:
    """Return the cells of a matrix, from the lowest."""
    impacts = range(1, len(levels[0]) + 1)
    return [(likelihood, impact) for likelihood in range(1, len(levels) + 1) for impact in impacts]


def level_of(levels: Levels, cell: Cell) -> str:
    """Return the level of a cell (likelihood, impact)."""
    return levels[cell[0] - 1][cell[1] - 1]


def check_fields(matrix: Matrix, fields: dict[str, Any]) -> None:
    """Raise where levels, labels, descriptions or colours are incomplete.

    `fields` replace those of `matrix`: labels are as many as there are rows or columns then.
    """
    if "levels" in fields:
        check_levels(fields["levels"])
    levels = fields.get("levels", matrix.levels)
    for axis, size in zip(AXES, (len(levels), len(levels[0])), strict=True):
        name = f"{axis}_labels"
        if name in fields or len(getattr(matrix, name)) != size:
            check_labels(name, fields.get(name, getattr(matrix, name)), size)
        name = f"{axis}_descriptions"
        if name in fields and not is_texts(fields[name], (0, size)):
            raise field_error(name, _("Give %(size)s texts, or none.") % {"size": size})
    if "level_descriptions" in fields:
        check_level_descriptions(fields["level_descriptions"])
    if "colours" in fields:
        check_colours(fields["colours"])


def check_labels(name: str, labels: Any, size: int) -> None:
    """Raise where there is not a label of its own for each rating."""
    if not is_texts(labels, (size,)) or not all(label.strip() for label in labels):
        raise field_error(
            name, _("Give %(size)s texts, from the lowest to the highest.") % {"size": size}
        )
    if any(len(label) > LONGEST_LABEL for label in labels):
        raise field_error(
            name,
            _("A label has at most %(most)s characters. Put the rest into its description.")
            % {"most": LONGEST_LABEL},
        )
    if len({label.strip().casefold() for label in labels}) < size:
        raise field_error(name, _("Two labels are the same. Give each rating its own."))


def is_texts(value: Any, sizes: tuple[int, ...]) -> bool:
    """Return whether `value` is a list of texts, none of them too long, of one of these sizes."""
    return (
        isinstance(value, list)
        and len(value) in sizes
        and all(isinstance(text, str) and len(text) <= LONGEST_DESCRIPTION for text in value)
    )


def check_level_descriptions(value: Any) -> None:
    if (
        not isinstance(value, dict)
        or not value.keys() <= set(Level.values)
        or not is_texts(list(value.values()), (len(value),))
    ):
        raise field_error(
            "level_descriptions",
            _("Give texts of at most %(most)s characters by level: %(levels)s.")
            % {"most": LONGEST_DESCRIPTION, "levels": ", ".join(Level.values)},
        )


def check_colours(colours: Any) -> None:
    if not isinstance(colours, dict) or set(colours) != set(Level.values):
        raise field_error(
            "colours",
            _("Give a colour for each of %(levels)s.") % {"levels": ", ".join(Level.values)},
        )
    if not all(isinstance(text, str) and _COLOUR.fullmatch(text) for text in colours.values()):
        raise field_error("colours", _("Write each colour as #rrggbb, for example #ffe08a."))


def check_levels(levels: Any) -> None:
    """Raise where levels are not a matrix, or fall where a likelihood or an impact rises."""
    is_matrix = (
        isinstance(levels, list)
        and len(levels) in SIZES
        and all(isinstance(row, list) and len(row) in SIZES for row in levels)
        and len({len(row) for row in levels}) == 1
    )
    if not is_matrix:
        raise field_error(
            "levels",
            _(
                "Give %(least)s to %(most)s rows, one for each likelihood from the lowest, with "
                "%(least)s to %(most)s levels each, one for each impact."
            )
            % {"least": SIZES[0], "most": SIZES[-1]},
        )
    if any(not isinstance(level, str) or level not in RANKS for row in levels for level in row):
        raise field_error(
            "levels", _("Each level is one of %(levels)s.") % {"levels": ", ".join(Level.values)}
        )
    if falling := find_falling_cells(levels):
        raise field_error(
            "levels",
            _(
                "A higher likelihood or impact must not lower the level. It does at %(cells)s. "
                "Raise these cells, or lower those before them."
            )
            % {"cells": name_cells(falling)},
        )


def find_falling_cells(levels: Levels) -> list[Cell]:
    """Return the cells whose level is below that of a cell with a lower rating."""
    return [
        (likelihood, impact)
        for likelihood, impact in cells_of(levels)
        if any(
            min(lower)
            and RANKS[level_of(levels, lower)] > RANKS[level_of(levels, (likelihood, impact))]
            for lower in ((likelihood - 1, impact), (likelihood, impact - 1))
        )
    ]


def name_cells(cells: list[Cell]) -> str:
    """Return e.g. "2 x 3 and 4 x 1", which are likelihood x impact."""
    names = [f"{likelihood} x {impact}" for likelihood, impact in cells]
    if len(names) == 1:
        return names[0]
    return _("%(cells)s and %(last)s") % {"cells": ", ".join(names[:-1]), "last": names[-1]}
