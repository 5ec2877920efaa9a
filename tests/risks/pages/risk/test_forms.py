"""The forms of a risk follow the table of fields."""

from dataclasses import replace

import pytest

from risks.fields import FIELD, FIELDS
from risks.models import Status
from risks.pages.risk import forms
from risks.pages.risk.forms import RiskForm
from risks.services.matrix import matrix_of
from tests.risks import factories

pytestmark = pytest.mark.django_db


def make_form(organization, risk=None, data=None):
    return RiskForm(data, organization=organization, matrix=matrix_of(organization), instance=risk)


def test_form_has_every_field_of_the_table(organization):
    names = {field.name for field in FIELDS if field.in_form}
    assert names <= set(make_form(organization).fields)


def test_status_is_chosen_for_a_new_risk_only(organization):
    risk = factories.make_risk(organization)
    assert "status" not in make_form(organization, risk).fields
    assert make_form(organization).fields["status"].choices[0][0] == Status.IDENTIFIED


def test_field_that_is_not_declared_is_made_from_its_column(organization, monkeypatch):
    added = replace(FIELD["owner_name"], label="Name of the owner", in_form=True)
    monkeypatch.setattr(forms, "FIELDS", [*FIELDS, added])
    risk = factories.make_risk(organization, owner_name="Works council")
    form = make_form(organization, risk)
    field = form["owner_name"]
    assert field.name in form.sections[-1].names
    assert (field.label, field.value()) == ("Name of the owner", "Works council")
