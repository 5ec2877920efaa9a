"""The form of the matrix: its cells, words and colours, and what ratings become in another size."""

import hashlib
import json
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from openrisk.pages.forms import PageForm, VersionField
from risks.models import Level, Matrix
from risks.pages.settings.matrix_fields import (
    Sizes,
    build_fields,
    initial_values,
    matrix_values,
    sizes_of_matrix,
)
from risks.scoring import SIZES
from risks.services.matrix import propose_map
from risks.services.matrix.checks import AXES
from risks.services.matrix.layouts import LAYOUTS, lay_out


class LayoutForm(PageForm):
    """The size and the layout to start from; it is sent by GET and changes nothing."""

    likelihoods = forms.TypedChoiceField(
        label=_("Likelihoods"), coerce=int, choices=[(size, size) for size in SIZES]
    )
    impacts = forms.TypedChoiceField(
        label=_("Impacts"), coerce=int, choices=[(size, size) for size in SIZES]
    )
    layout = forms.ChoiceField(
        label=_("Levels"), choices=[(key, label) for key, (label, _levels) in LAYOUTS.items()]
    )

    def __init__(self, matrix: Matrix, data: Any) -> None:
        size = sizes_of_matrix(matrix)
        present = {"likelihoods": size[0], "impacts": size[1], "layout": "present"}
        super().__init__({**present, **{name: data[name] for name in present if name in data}})
        if not self.is_valid():
            super().__init__(present)
            self.is_valid()

    @property
    def sizes(self) -> Sizes:
        return self.cleaned_data["likelihoods"], self.cleaned_data["impacts"]


class MatrixForm(PageForm):
    """Everything that an administrator decides about the matrix.

    `previewed` is the digest of what was previewed: only that is saved.
    """

    version = VersionField()
    previewed = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, matrix: Matrix, layout: LayoutForm, data: Any = None) -> None:
        self.matrix, self.sizes = matrix, layout.sizes
        self.laid_out = lay_out(matrix, layout.cleaned_data["layout"], *self.sizes)
        super().__init__(
            data,
            auto_id="matrix-%s",
            initial={
                **initial_values(self.laid_out),
                **self.initial_map(),
                "version": matrix.version,
                "convert_appetites": True,
            },
        )
        self.fields.update(build_fields(self.sizes))
        if self.is_resized:
            self.add_map_fields()

    @property
    def is_resized(self) -> bool:
        return self.sizes != sizes_of_matrix(self.matrix)

    def initial_map(self) -> dict[str, int]:
        proposed = propose_map(self.matrix, self.laid_out.levels)
        return {
            f"map_{axis}_{old}": new
            for axis in AXES
            for old, new in enumerate(getattr(proposed, axis), 1)
        }

    def add_map_fields(self) -> None:
        """Add what each present rating becomes, and whether appetites follow."""
        for axis, size in zip(AXES, self.sizes, strict=True):
            choices = list(enumerate(self.laid_out.labels[axis], 1))
            for old, label in enumerate(self.matrix.labels[axis], 1):
                self.fields[f"map_{axis}_{old}"] = forms.TypedChoiceField(
                    label=f"{old} {label}",
                    coerce=int,
                    choices=[(new, f"{new} {name}") for new, name in choices[:size]],
                )
        self.fields["convert_appetites"] = forms.BooleanField(
            label=_("Let the appetites of categories keep their share of the highest score"),
            required=False,
        )

    # --- what is sent to the services
    def values(self) -> dict[str, Any]:
        """Return the fields of the matrix that differ from the present ones."""
        values = matrix_values(self.cleaned_data, self.sizes)
        return {
            name: value for name, value in values.items() if value != getattr(self.matrix, name)
        }

    def options(self) -> dict[str, Any]:
        """Return the map of ratings and what happens to appetites, for another size."""
        if not self.is_resized:
            return {}
        mapping = {
            axis: [self.cleaned_data[f"map_{axis}_{old}"] for old in self.matrix.ratings(axis)]
            for axis in AXES
        }
        return {
            "mapping": mapping,
            "convert_appetites": self.cleaned_data["convert_appetites"],
        }

    def digest(self) -> str:
        """Return what identifies the values that are previewed."""
        content = [self.matrix.version, self.values(), self.options()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def is_previewed(self) -> bool:
        """Return whether the values are those of the last preview."""
        return bool(self.cleaned_data["previewed"] == self.digest())

    def remember_preview(self) -> None:
        """Let the next request save what is previewed now."""
        data = cast(QueryDict, self.data).copy()
        data["previewed"] = self.digest()
        self.data = data

    # --- what the template draws
    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the table, the highest likelihood first."""
        return [
            {
                "rating": likelihood,
                "label": self[f"likelihood_{likelihood}"].value(),
                "cells": [
                    {
                        "field": self[f"level_{likelihood}_{impact}"],
                        "level": self[f"level_{likelihood}_{impact}"].value(),
                        "likelihood": likelihood,
                        "impact": impact,
                        "score": likelihood * impact,
                    }
                    for impact in range(1, self.sizes[1] + 1)
                ],
            }
            for likelihood in range(self.sizes[0], 0, -1)
        ]

    @property
    def impacts(self) -> list[tuple[int, Any]]:
        return [
            (impact, self[f"impact_{impact}"].value()) for impact in range(1, self.sizes[1] + 1)
        ]

    @property
    def axes(self) -> list[dict[str, Any]]:
        """Return the fields of words by axis: label and meaning of each rating."""
        titles = {"likelihood": _("Likelihoods"), "impact": _("Impacts")}
        return [
            {
                "key": axis,
                "title": titles[axis],
                "ratings": [
                    {
                        "rating": rating,
                        "label": self[f"{axis}_{rating}"],
                        "means": self[f"{axis}_{rating}_means"],
                    }
                    for rating in range(size, 0, -1)
                ],
                "map": [self[f"map_{axis}_{old}"] for old in reversed(self.matrix.ratings(axis))]
                if self.is_resized
                else [],
            }
            for axis, size in zip(AXES, self.sizes, strict=True)
        ]

    @property
    def level_fields(self) -> list[dict[str, Any]]:
        return [
            {
                "level": level,
                "number": number,
                "colour": self[f"colour_{level.value}"],
                "means": self[f"{level.value}_means"],
            }
            for number, level in enumerate(Level, 1)
        ]
