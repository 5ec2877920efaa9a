"""The packs that come along: complete, and as their descriptions say."""

from collections import Counter

import pytest

from marketplace.packs.archive import Trust, shipped_packs
from risks.scoring import default_levels
from risks.services.matrix import check_levels

RISKS = dict(shipped_packs()["openrisk.starter-risks"].contents)["risks"]
MATRICES = {
    matrix["id"]: matrix
    for matrix in dict(shipped_packs()["openrisk.matrices-5x5"].contents)["matrices"]["matrices"]
}


def banded(figure, *bounds):
    """The levels where `figure(likelihood, impact)` reaches medium, high and critical at these."""
    names = ("low", "medium", "high", "critical")
    return [
        [
            names[sum(figure(likelihood, impact) >= bound for bound in bounds)]
            for impact in range(1, 6)
        ]
        for likelihood in range(1, 6)
    ]


def test_they_are_official_and_said_to_be_ours():
    packs = shipped_packs().values()
    assert {pack.trust for pack in packs} == {Trust.OFFICIAL}
    assert {pack.manifest.publisher for pack in packs} == {"OpenRisk"}


def test_their_contents_are_counted():
    counts = shipped_packs()["openrisk.starter-risks"].count_contents()
    assert counts == {"categories": 10, "risks": 64}


# --- Starter risks ------------------------------------------------------------------------------
def test_each_risk_has_all_that_a_new_user_looks_for():
    needed = ("description", "treatment", "suggested_treatment", "tags")
    rated = ("inherent_likelihood", "inherent_impact")
    lacking = [
        row["id"] for row in RISKS["risks"] if not all(row.get(name) for name in needed + rated)
    ]
    assert lacking == []


def test_each_category_is_described_and_has_risks():
    counts = Counter(row["category"] for row in RISKS["risks"])
    assert all(category["description"] for category in RISKS["categories"])
    assert min(counts[category["name"]] for category in RISKS["categories"]) >= 3


def test_titles_and_descriptions_are_short_enough_to_be_read():
    for row in RISKS["risks"]:
        assert len(row["title"]) <= 110, row["id"]
        assert row["description"].count(". ") <= 2, row["id"]


def test_what_is_suggested_is_a_few_actions_that_are_explained():
    for row in RISKS["risks"]:
        suggested = row["suggested_treatment"]
        assert 1 <= len(suggested) <= 3, row["id"]
        assert all(part["description"] for part in suggested), row["id"]


def test_ratings_tell_risks_apart():
    """A library in which all is grave helps nobody to begin."""
    cells = Counter((r["inherent_likelihood"], r["inherent_impact"]) for r in RISKS["risks"])
    assert len(cells) >= 10
    assert max(cells.values()) < len(RISKS["risks"]) / 4


# --- Matrices -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", MATRICES)
def test_levels_only_rise_and_all_are_used(name):
    check_levels(MATRICES[name]["levels"])
    assert {level for row in MATRICES[name]["levels"] for level in row} == {
        "low", "medium", "high", "critical",
    }  # fmt: skip


def test_each_is_as_its_description_says():
    levels = {name: matrix["levels"] for name, matrix in MATRICES.items()}
    assert levels == {
        "product": default_levels(),
        "cautious": banded(lambda likelihood, impact: likelihood * impact, 4, 9, 15),
        "impact-first": banded(lambda likelihood, impact: likelihood + 2 * impact, 7, 10, 13),
        "symmetrical": banded(lambda likelihood, impact: likelihood + impact, 5, 7, 9),
        "frequencies": default_levels(),
    }


def test_why_one_would_choose_it_is_said():
    assert all(len(matrix["description"]) > 80 for matrix in MATRICES.values())
