"""Relations of risks: both read them, no pair twice, no circle of causes."""

from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError

from openrisk.errors import Conflict
from risks.exports import csv_lines
from risks.history.reading import changes_of, normalize_changes
from risks.models import Risk, RiskRelation
from risks.services.risks import take_transition
from risks.services.rows import delete
from risks.services.workspace.deleted_items import restore_item
from risks.services.workspace.relations import (
    open_duplicate_of,
    relate_risks,
    related_risks,
    remove_relation,
)
from tests.risks.factories import make_risk

pytestmark = pytest.mark.django_db


@pytest.fixture
def risks(organization):
    return [make_risk(organization) for _ in range(4)]


def relate(risk, other, kind="causes"):
    return relate_risks(
        actor=None, organization=risk.organization, risk=risk, other=other, kind=kind
    )


def seen_from(risk):
    return [(row.label, row.risk.reference) for row in related_risks(risk)]


def test_each_of_the_two_reads_it_in_its_own_way(risks):
    relate(risks[0], risks[1])
    relate(risks[0], risks[2], "duplicates")
    relate(risks[3], risks[0], "relates_to")
    assert seen_from(risks[0]) == [
        ("Causes", "R-0002"),
        ("Duplicate of", "R-0003"),
        ("Relates to", "R-0004"),
    ]
    assert [seen_from(risk) for risk in risks[1:]] == [
        [("Caused by", "R-0001")],
        [("Duplicated by", "R-0001")],
        [("Relates to", "R-0001")],
    ]


def test_a_risk_is_not_related_to_itself(risks):
    with pytest.raises(ValidationError, match="cannot be related to itself"):
        relate(risks[0], risks[0])


@pytest.mark.parametrize("turned", [False, True])
def test_two_risks_are_related_once(risks, turned):
    relate(risks[0], risks[1])
    pair = risks[:2][::-1] if turned else risks[:2]
    with pytest.raises(ValidationError, match="R-0001 causes R-0002"):
        relate(*pair, "relates_to")


def test_a_circle_of_causes_is_refused_with_its_path(risks):
    for cause, effect in pairwise(risks):
        relate(cause, effect)
    with pytest.raises(Conflict, match="R-0004 → R-0001 → R-0002 → R-0003 → R-0004"):
        relate(risks[3], risks[0])
    relate(risks[3], risks[0], "relates_to")


def test_a_risk_of_another_organization_is_refused(risks, other_organization):
    with pytest.raises(ValidationError, match="no longer exists"):
        relate(risks[0], make_risk(other_organization))


def test_the_history_of_both_says_so(risks):
    remove_relation(actor=None, instance=relate(*risks[:2]))
    for risk, other in (risks[:2], risks[1::-1]):
        changes = [normalize_changes(row.model, row.changes) for row in changes_of(risk.pk)[:2]]
        assert changes == [
            {"related_risks": [other.pk, None]},
            {"related_risks": [None, other.pk]},
        ]


def test_a_deleted_risk_comes_back_with_its_relations(risks):
    relate(risks[0], risks[1])
    relate(risks[2], risks[0])
    item = delete(actor=None, instance=risks[0])
    assert not RiskRelation.objects.exists()
    restore_item(actor=None, item=item)
    assert seen_from(risks[0]) == [("Caused by", "R-0003"), ("Causes", "R-0002")]


def test_closing_is_suggested_for_an_open_duplicate_only(risks):
    relate(risks[0], risks[1], "duplicates")
    suggested = [open_duplicate_of(risk, related_risks(risk)) for risk in risks[:2]]
    assert suggested == [risks[1], None]
    closed = take_transition(actor=None, risk=risks[0], to="closed", comment="Twice")
    assert open_duplicate_of(closed, related_risks(closed)) is None


def test_an_export_has_them_in_a_column(risks, organization):
    relate(risks[0], risks[2], "duplicates")
    relate(risks[0], risks[1])
    relate(risks[0], risks[3], "relates_to")
    lines = "".join(csv_lines(Risk.objects.order_by("number"), organization)).splitlines()
    assert lines[0].endswith(",related_risks")
    assert lines[1].endswith(",causes: R-0002; duplicates: R-0003; relates_to: R-0004")
    assert lines[2].endswith(",")
