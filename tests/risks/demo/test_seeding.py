"""Demo data: the same for the same seed, each row once, as if written over the past year."""

import pytest
from django.utils import timezone

from risks.demo.seeding import seed_organizations
from risks.models import Change, Matrix, Risk

pytestmark = pytest.mark.django_db


def seed_ten_risks():
    [result] = seed_organizations(risks=10, organizations=1, seed=7, progress=lambda done: None)
    return result.created


def test_second_run_adds_nothing():
    first = seed_ten_risks()
    assert (first["risks"], first["assets"] > 0) == (10, True)
    assert not any(seed_ten_risks().values())


def test_deleted_risk_comes_back_as_it_was():
    seed_ten_risks()
    fields = ("id", "title", "description", "status", "inherent_score")
    before = Risk.objects.order_by("number").values(*fields).first()
    Risk.objects.get(pk=before["id"]).delete()
    assert seed_ten_risks()["risks"] == 1
    assert Risk.objects.values(*fields).get(pk=before["id"]) == before


def test_history_lies_in_the_past():
    seed_ten_risks()
    times = set(Change.objects.filter(model="risks.risk").values_list("at", flat=True))
    assert len(times) > 5
    assert max(times) < timezone.now()


def test_ratings_are_brought_to_a_smaller_matrix():
    seed_ten_risks()
    matrix = Matrix.objects.get()
    matrix.levels = [
        ["low", "low", "medium"],
        ["low", "medium", "high"],
        ["medium", "high", "high"],
    ]
    matrix.likelihood_labels = matrix.impact_labels = ["Low", "Medium", "High"]
    matrix.save()
    Risk.objects.all().delete()
    assert seed_ten_risks()["risks"] == 10
    ratings = Risk.objects.values_list("inherent_likelihood", "inherent_impact")
    assert {rating for pair in ratings for rating in pair if rating} <= {1, 2, 3}
