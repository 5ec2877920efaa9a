"""Frameworks, their controls, and how far they are."""

import pytest
from django.core.exceptions import ValidationError

from risks.models import Control, Framework
from risks.services.catalogue import update_control
from tests.risks.factories import make_control, make_framework


@pytest.fixture
def framework(organization):
    return make_framework(organization)


def test_progress_leaves_out_what_is_not_applicable(framework):
    statuses = ["implemented", "implemented", "in_progress", "not_implemented", "not_applicable"]
    for number, status in enumerate(statuses):
        make_control(framework, f"A.{number}", status=status)
    counted = Framework.objects.with_progress().get()
    assert (counted.implemented, counted.applicable) == (2, 4)


def test_progress_is_counted_per_framework(framework, organization):
    make_control(framework, status="implemented")
    make_framework(organization, "NIST CSF")
    counted = Framework.objects.with_progress().order_by("name")
    assert [(each.implemented, each.applicable) for each in counted] == [(1, 1), (0, 0)]


def test_parent_belongs_to_the_same_framework(framework, organization):
    other = make_control(make_framework(organization, "NIST CSF"))
    with pytest.raises(ValidationError, match="The parent belongs to another framework"):
        make_control(framework, "A.1", parent=other)
    assert not framework.controls.exists()


def test_control_does_not_leave_its_children_in_another_framework(framework, organization):
    parent = make_control(framework, "A")
    make_control(framework, "A.1", parent=parent)
    with pytest.raises(ValidationError, match="framework"):
        update_control(
            actor=None, instance=parent, framework=make_framework(organization, "NIST CSF")
        )
    assert Control.objects.filter(framework=framework).count() == 2


@pytest.mark.parametrize("length", [1, 2, 3])
def test_parents_make_no_cycle(framework, length):
    chain = [make_control(framework, "A.0")]
    for number in range(1, length):
        chain.append(make_control(framework, f"A.{number}", parent=chain[-1]))
    with pytest.raises(ValidationError, match="This would be a cycle"):
        update_control(actor=None, instance=chain[0], parent=chain[-1])
    assert Control.objects.get(pk=chain[0].pk).parent is None


def test_identifier_is_unique_in_its_framework(framework, organization):
    make_control(framework, "A.1")
    make_control(make_framework(organization, "NIST CSF"), "A.1")
    with pytest.raises(ValidationError, match="has a control of this identifier already"):
        make_control(framework, "A.1")


def test_framework_is_unique_in_its_edition(framework, organization):
    with pytest.raises(ValidationError, match="exists already in this edition"):
        make_framework(organization)
    assert Framework.objects.count() == 1


def test_deleted_parent_leaves_its_children(framework):
    parent = make_control(framework, "A")
    child = make_control(framework, "A.1", parent=parent)
    parent.delete()
    child.refresh_from_db()
    assert child.parent is None


def test_section_and_place_follow_a_changed_identifier(framework):
    control = update_control(
        actor=None, instance=make_control(framework, "A.5.10"), identifier="B-2"
    )
    control.refresh_from_db()
    assert (control.section, control.sort_key) == ("B", "b 000002")
