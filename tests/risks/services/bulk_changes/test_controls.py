"""Bulk changes of controls: status, owner, and the statuses that a file states."""

import pytest
from django.core.exceptions import ValidationError

from risks.models import BulkState, Control
from risks.services.bulk_changes import lifecycle
from tests.risks.factories import make_control, make_framework


@pytest.fixture
def controls(organization):
    framework = make_framework(organization)
    return [make_control(framework, f"A.5.{number}") for number in (1, 2, 3)]


def apply(analyst, organization, kind, value):
    change = lifecycle.preview_change(
        actor=analyst,
        organization=organization,
        kind=kind,
        value=value,
        rows=Control.objects.for_organization(organization),
    )
    change = lifecycle.begin_change(actor=analyst, change=change, digest=change.digest)
    lifecycle.run_batches(change)
    return change


def statuses():
    return list(Control.objects.order_by("sort_key").values_list("status", flat=True))


def test_a_status_is_set_and_undone(organization, analyst, controls):
    change = apply(analyst, organization, "status", "implemented")
    assert statuses() == ["implemented"] * 3
    undo = lifecycle.begin_undo(actor=analyst, change=change)
    lifecycle.run_batches(undo)
    assert (undo.state, statuses()) == (BulkState.UNDONE, ["not_implemented"] * 3)


def test_an_owner_is_a_member(organization, analyst, controls, outsider):
    apply(analyst, organization, "owner", str(analyst.pk))
    assert Control.objects.filter(owner=analyst).count() == 3
    with pytest.raises(ValidationError, match="Choose a member"):
        apply(analyst, organization, "owner", str(outsider.pk))


def test_a_statement_gives_each_control_its_own_status(organization, analyst, controls):
    first, second, _ = controls
    value = {str(first.pk): "implemented", str(second.pk): "not_applicable"}
    change = apply(analyst, organization, "statement", value)
    assert statuses() == ["implemented", "not_applicable", "not_implemented"]
    assert change.value_label == "2 statuses"
    undo = lifecycle.begin_undo(actor=analyst, change=change)
    lifecycle.run_batches(undo)
    assert statuses() == ["not_implemented"] * 3


@pytest.mark.parametrize("value", [{}, None, {"A.5.1": "implemented"}, "implemented"])
def test_a_statement_names_controls_and_statuses(organization, analyst, controls, value):
    with pytest.raises(ValidationError):
        apply(analyst, organization, "statement", value)
