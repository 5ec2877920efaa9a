"""The last change of the matrix is taken back, with ratings and appetites."""

import pytest

from openrisk.errors import Conflict
from risks.models import Category, Change
from risks.scoring import default_levels
from risks.services import rows
from risks.services.matrix import matrix_of, update_matrix
from risks.services.matrix.undoing import last_change, undo_change
from risks.services.risks import update_risk
from tests.risks import factories
from tests.risks.services.matrix.test_sizes import resize


def undo(organization):
    matrix = matrix_of(organization)
    matrix.refresh_from_db()
    matrix = undo_change(actor=None, matrix=matrix, change_id=last_change(matrix).pk)
    organization.matrix = matrix
    return matrix


def ratings(risk):
    risk.refresh_from_db()
    return (risk.inherent_likelihood, risk.inherent_impact, risk.inherent_score, risk.current_level)


def test_smaller_matrix_is_taken_back(organization):
    merged = [
        factories.make_risk(organization, inherent_likelihood=rating, inherent_impact=5)
        for rating in (3, 4)
    ]
    category = factories.make_category(organization)
    rows.update(actor=None, instance=category, appetite=20)
    resize(organization, 4, 4, convert_appetites=True)
    assert [ratings(risk)[0] for risk in merged] == [3, 3]
    assert undo(organization).levels == default_levels()
    assert [ratings(risk) for risk in merged] == [(3, 5, 15, "high"), (4, 5, 20, "critical")]
    assert str(merged[0].priority) == "15.00"
    assert Category.objects.get().appetite == 20


def test_ratings_of_people_since_stay(organization):
    risk = factories.make_risk(organization, inherent_likelihood=5, inherent_impact=5)
    resize(organization, 4, 4)
    risk.refresh_from_db()
    update_risk(actor=None, instance=risk, inherent_likelihood=1)
    undo(organization)
    assert ratings(risk)[:2] == (1, 5)


def test_larger_matrix_is_taken_back_with_what_was_rated_since(organization):
    risk = factories.make_risk(organization, inherent_likelihood=4, inherent_impact=4)
    resize(organization, 6, 6)
    assert ratings(risk)[:2] == (5, 5)
    new = factories.make_risk(organization, inherent_likelihood=6, inherent_impact=2)
    undo(organization)
    assert ratings(risk)[:2] == (4, 4)
    assert ratings(new) == (5, 2, 10, "medium")


def test_levels_are_taken_back(organization):
    risk = factories.make_risk(organization, inherent_likelihood=5, inherent_impact=5)
    low = [["low"] * 5 for _ in range(5)]
    update_matrix(actor=None, instance=matrix_of(organization), levels=low)
    assert ratings(risk)[3] == "low"
    undo(organization)
    assert ratings(risk)[3] == "critical"
    assert Change.objects.filter(model="risks.matrix").count() == 3


def test_ratings_that_were_mapped_in_the_same_size_are_taken_back(organization):
    risk = factories.make_risk(organization, inherent_likelihood=4, inherent_impact=5)
    low = [["low"] * 5 for _ in range(5)]
    update_matrix(
        actor=None,
        instance=matrix_of(organization),
        levels=low,
        mapping={"likelihood": [1, 2, 3, 3, 5]},
    )
    assert ratings(risk)[:2] == (3, 5)
    undo(organization)
    assert ratings(risk) == (4, 5, 20, "critical")


def test_only_the_last_change_can_be_undone(organization):
    resize(organization, 4, 4)
    first = last_change(matrix_of(organization))
    update_matrix(actor=None, instance=matrix_of(organization), impact_labels=list("abcd"))
    with pytest.raises(Conflict, match="Undo the later change first"):
        undo_change(actor=None, matrix=matrix_of(organization), change_id=first.pk)
