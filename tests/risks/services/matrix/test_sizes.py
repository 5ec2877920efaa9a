"""Matrices of other sizes: ratings are mapped, nothing is rated outside, all follows the size."""

import pytest
from django.core.exceptions import ValidationError

from risks.models import (
    Category,
    Change,
    FindingRule,
    LikelihoodSuggestion,
    Risk,
    ScoreChange,
)
from risks.scoring import convert_rating, default_levels, priority
from risks.services import rows
from risks.services.matrix import matrix_of, preview_levels, propose_map, update_matrix
from risks.services.risks import create_risk, update_risk
from tests.risks import factories

FOUR = ["Low", "Medium", "High", "Extreme"]
SIX = ["a", "b", "c", "d", "e", "f"]


def resize(organization, likelihoods, impacts, *, mapping="proposed", **fields):
    matrix = matrix_of(organization)
    levels = default_levels(likelihoods, impacts)
    if mapping == "proposed":
        mapping = propose_map(matrix, levels).as_json()
    names = {3: FOUR[:3], 4: FOUR, 5: SIX[:5], 6: SIX}
    updated = update_matrix(
        actor=None,
        instance=matrix,
        levels=levels,
        likelihood_labels=names[likelihoods],
        impact_labels=names[impacts],
        mapping=mapping,
        **fields,
    )
    organization.matrix = updated
    return updated


@pytest.fixture
def risk(organization):
    return factories.make_risk(
        organization,
        inherent_likelihood=5,
        inherent_impact=5,
        residual_likelihood=4,
        residual_impact=2,
        target_likelihood=1,
    )


@pytest.mark.parametrize(
    ("size", "new", "expected"),
    [
        (5, 4, [1, 2, 3, 3, 4]),
        (5, 3, [1, 2, 2, 3, 3]),
        (5, 6, [1, 2, 4, 5, 6]),
        (3, 6, [1, 4, 6]),
        (4, 4, [1, 2, 3, 4]),
    ],
)
def test_conversion_keeps_ends_and_order(size, new, expected):
    assert [convert_rating(rating, size, new) for rating in range(1, size + 1)] == expected


@pytest.mark.parametrize("size", [(3, 3), (4, 6), (6, 6)])
def test_default_levels_reach_from_low_to_critical(size):
    levels = default_levels(*size)
    assert (len(levels), len(levels[0])) == size
    assert (levels[0][0], levels[-1][-1]) == ("low", "critical")


def test_smaller_matrix_re_rates_risks(organization, risk):
    asset = factories.make_asset(organization, "ERP", criticality="critical")
    update_risk(actor=None, instance=risk, assets=[asset])
    resize(organization, 4, 6)
    risk.refresh_from_db()
    assert (risk.inherent_likelihood, risk.inherent_impact, risk.inherent_score) == (4, 6, 24)
    assert (risk.residual_likelihood, risk.residual_impact, risk.current_score) == (3, 2, 6)
    assert (risk.target_likelihood, risk.target_score, risk.target_level) == (1, None, None)
    assert risk.inherent_level == "critical"
    assert risk.priority == priority(6, ["critical"])


def test_re_rating_is_one_change_and_one_interval(organization, risk):
    changes, intervals = Change.objects.count(), ScoreChange.objects.count()
    resize(organization, 4, 4)
    change = Change.objects.filter(model="risks.risk").first()
    assert change.changes["inherent_likelihood"] == [5, 4]
    assert Change.objects.count() == changes + 2  # the matrix too
    assert ScoreChange.objects.count() == intervals + 1


def test_risks_outside_of_a_smaller_matrix_need_a_mapping(organization, risk):
    refused = "outside of a matrix of 4 x 4: 1 risk"
    with pytest.raises(ValidationError, match=refused):
        preview_levels(organization, default_levels(4, 4))
    with pytest.raises(ValidationError, match=refused):
        resize(organization, 4, 4, mapping=None)
    risk.refresh_from_db()
    assert risk.inherent_likelihood == 5


def test_open_suggestions_outside_of_a_smaller_matrix_need_a_mapping(organization):
    risk = factories.make_risk(organization, inherent_likelihood=2, inherent_impact=2)
    LikelihoodSuggestion.objects.create(
        organization=organization, risk=risk, key="CVE-1", present=2, likelihood=5
    )
    with pytest.raises(ValidationError, match="4 x 4: 1 rule, proposal or suggestion"):
        resize(organization, 4, 4, mapping=None)


@pytest.mark.parametrize(
    "mapping",
    [
        {"likelihood": [1, 2, 3, 4]},
        {"likelihood": [1, 2, 3, 4, 5]},
        {"likelihood": [1, 3, 2, 4, 4]},
    ],
    ids=["too-short", "outside", "turned-around"],
)
def test_mapping_is_checked(organization, risk, mapping):
    with pytest.raises(ValidationError, match="A higher rating must not become a lower one"):
        resize(organization, 4, 4, mapping={"impact": [1, 2, 3, 3, 4], **mapping})


def test_labels_are_as_many_as_ratings(organization):
    with pytest.raises(ValidationError) as refusal:
        update_matrix(actor=None, instance=matrix_of(organization), levels=default_levels(4, 4))
    assert refusal.value.message_dict == {
        "likelihood_labels": ["Give 4 texts, from the lowest to the highest."]
    }


def test_ratings_outside_are_refused_with_the_scale(organization):
    resize(organization, 4, 6)
    with pytest.raises(ValidationError, match=r"Likelihood goes from 1 \(Low\) to 4 \(Extreme\)"):
        create_risk(actor=None, organization=organization, title="X", inherent_likelihood=5)
    kept = create_risk(actor=None, organization=organization, title="X", inherent_impact=6)
    assert kept.inherent_impact == 6


def test_rules_follow_and_are_checked(organization):
    rule = factories.make_finding_rule(organization, likelihood=5, impact=4)
    resize(organization, 3, 3)
    rule.refresh_from_db()
    assert (rule.likelihood, rule.impact) == (3, 3)
    with pytest.raises(ValidationError, match="Impact goes from 1"):
        rows.update(actor=None, instance=rule, impact=4)
    assert FindingRule.objects.get().impact == 3


@pytest.mark.parametrize(("convert", "expected"), [(True, 12), (False, 16)])
def test_appetites_stay_or_keep_their_share(organization, convert, expected):
    category = factories.make_category(organization)
    rows.update(actor=None, instance=category, appetite=20)
    resize(organization, 4, 4, convert_appetites=convert)
    assert Category.objects.get().appetite == expected
    with pytest.raises(ValidationError, match="The highest score of your matrix is 16"):
        rows.update(actor=None, instance=category, appetite=17)


def test_other_organizations_keep_their_ratings(organization, risk, other_organization):
    other = factories.make_risk(other_organization, inherent_likelihood=5, inherent_impact=5)
    resize(organization, 3, 3)
    other.refresh_from_db()
    assert other.inherent_score == 25
    assert Risk.objects.get(organization=organization).inherent_score == 9
