"""Captions are correct sentences, also about one risk and about none."""

import pytest

from dashboards.pages import captions

LABELS = ["Rare", "Unlikely", "Possible", "Likely", "Certain"]


def cell(count, level="low", likelihood=1, impact=1):
    return {"count": count, "level": level, "likelihood": likelihood, "impact": impact}


def test_heat_map_names_severe_risks_and_the_fullest_cell():
    heat_map = {"open": 4, "cells": [cell(1, "critical"), cell(3, "low", 4, 2)]}
    assert captions.describe_heat_map(heat_map, LABELS, LABELS) == (
        "1 of 4 open risks is high or critical (25 %). The fullest cell is Likely and Unlikely, "
        "with 3 risks."
    )
    empty = {"open": 0, "cells": [cell(0)]}
    assert "No open risk" in captions.describe_heat_map(empty, LABELS, LABELS)


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ([], "No category has an appetite yet. A manager sets it in the category."),
        (["within"], "The category with an appetite is within it."),
        (["within", "near"], "All 2 categories with an appetite are within it."),
        (["breached", "near"], "1 of 2 categories is above the appetite: C0."),
        (["breached", "breached"], "2 of 2 categories are above the appetite: C0, C1."),
    ],
)
def test_appetite(states, text):
    rows = [{"name": f"C{number}", "state": state} for number, state in enumerate(states)]
    assert captions.describe_appetite({"results": rows}) == text


@pytest.mark.parametrize(
    ("value", "before", "text"),
    [
        (None, None, ""),
        (3, None, "Nothing had been measured 30 days before."),
        (3, 3, "The same as 30 days before."),
        (3, 1, "2 more than 30 days before."),
        (3, 4.5, "1.5 less than 30 days before."),
    ],
)
def test_number(value, before, text):
    data = {"value": value, "before": before}
    assert captions.describe_number(data, "30 days") == text


def test_top_risks():
    assert captions.describe_top_risks([], 0) == "No open risk has been assessed yet."
    one, two = [{"score": 20}], [{"score": 20}, {"score": 5}]
    assert (
        captions.describe_top_risks(one, 40)
        == "The top risk has 20 of 40 points of exposure (50 %)."
    )
    assert captions.describe_top_risks(two, 50).startswith("The top 2 risks have 25 of 50 points")
