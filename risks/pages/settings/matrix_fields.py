"""The fields of the form of a matrix: one for each cell, label, description and colour."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from risks.models import Level, Matrix
from risks.services.matrix.checks import AXES, LONGEST_DESCRIPTION, LONGEST_LABEL

Sizes = tuple[int, int]  # the number of likelihoods, and of impacts


def sizes_of_matrix(matrix: Matrix) -> Sizes:
    return len(matrix.likelihoods), len(matrix.impacts)


def build_fields(sizes: Sizes) -> dict[str, forms.Field]:
    """Return the fields of a matrix of this size, by name."""
    fields: dict[str, forms.Field] = {}
    for likelihood in range(1, sizes[0] + 1):
        for impact in range(1, sizes[1] + 1):
            fields[f"level_{likelihood}_{impact}"] = forms.ChoiceField(
                label=f"{likelihood} x {impact}", choices=Level.choices
            )
    for axis, size in zip(AXES, sizes, strict=True):
        for rating in range(1, size + 1):
            name = _("Likelihood") if axis == "likelihood" else _("Impact")
            fields[f"{axis}_{rating}"] = forms.CharField(
                label=f"{name} {rating}", max_length=LONGEST_LABEL
            )
            fields[f"{axis}_{rating}_means"] = forms.CharField(
                label=_("%(name)s %(rating)s means") % {"name": name, "rating": rating},
                max_length=LONGEST_DESCRIPTION,
                required=False,
            )
    for level in Level:
        fields[f"colour_{level.value}"] = forms.RegexField(
            r"^#[0-9a-fA-F]{6}$",
            label=level.label,
            error_messages={"invalid": _("Write the colour as #rrggbb, for example #ffe08a.")},
            widget=forms.TextInput({"type": "color"}),
        )
        fields[f"{level.value}_means"] = forms.CharField(
            label=_("%(level)s means") % {"level": level.label},
            max_length=LONGEST_DESCRIPTION,
            required=False,
        )
    return fields


def initial_values(matrix: Matrix) -> dict[str, Any]:
    """Return the values of the fields for a matrix."""
    values: dict[str, Any] = {}
    for likelihood in matrix.likelihoods:
        for impact in matrix.impacts:
            values[f"level_{likelihood}_{impact}"] = matrix.level(likelihood, impact)
    for axis in AXES:
        descriptions = getattr(matrix, f"{axis}_descriptions")
        for rating, label in enumerate(matrix.labels[axis], 1):
            values[f"{axis}_{rating}"] = label
            values[f"{axis}_{rating}_means"] = descriptions[rating - 1] if descriptions else ""
    for level in Level.values:
        values[f"colour_{level}"] = matrix.colours.get(level, "")
        values[f"{level}_means"] = matrix.level_descriptions.get(level, "")
    return values


def matrix_values(data: Mapping[str, Any], sizes: Sizes) -> dict[str, Any]:
    """Return the fields of the matrix from cleaned data, as `update_matrix` takes them."""
    likelihoods, impacts = (range(1, size + 1) for size in sizes)
    values: dict[str, Any] = {
        "levels": [[data[f"level_{row}_{column}"] for column in impacts] for row in likelihoods],
        "colours": {level: data[f"colour_{level}"] for level in Level.values},
        "level_descriptions": {
            level: text for level in Level.values if (text := data[f"{level}_means"])
        },
    }
    for axis, ratings in zip(AXES, (likelihoods, impacts), strict=True):
        values[f"{axis}_labels"] = [data[f"{axis}_{rating}"] for rating in ratings]
        descriptions = [data[f"{axis}_{rating}_means"] for rating in ratings]
        values[f"{axis}_descriptions"] = descriptions if any(descriptions) else []
    return values
