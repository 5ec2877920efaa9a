"""The rating picker, and fields of rows that are typed."""

import re

import pytest
from django import forms
from django.http import QueryDict

from risks.models import Asset, Control, Matrix
from risks.pages.widgets import RatingPicker, RowsField, partial_ratings, rating_field
from risks.services.catalogue import create_if_new
from tests.risks.factories import make_asset


def rating_form(matrix, **data):
    class RatingForm(forms.Form):
        inherent_likelihood = rating_field("Likelihood", matrix.likelihood_labels)
        inherent_impact = rating_field("Impact", matrix.impact_labels)

    return RatingForm(data or None)


@pytest.mark.parametrize("size", [3, 5, 6])
def test_picker_has_a_cell_for_each_rating(size):
    levels = [["low"] * size for _ in range(size)]
    labels = [f"Label {number}" for number in range(size)]
    matrix = Matrix(levels=levels, likelihood_labels=labels, impact_labels=labels)
    picker = RatingPicker(rating_form(matrix), "inherent", matrix)
    assert [len(cells) for _, _, cells in picker.rows] == [size] * size
    assert picker.rows[0][2][0].likelihood == size


def test_cell_says_what_it_means():
    matrix = Matrix()
    picker = RatingPicker(
        rating_form(matrix, inherent_likelihood="3", inherent_impact="4"), "inherent", matrix
    )
    assert picker.chosen_cell.label == "Likelihood 3 Possible, impact 4 Major: Medium 12"
    assert not picker.is_partial


def test_half_a_rating_is_reported():
    assert partial_ratings({"inherent_likelihood": 3, "inherent_impact": None}, ["inherent"]) == [
        "The inherent risk has no score yet: choose its impact too."
    ]
    assert partial_ratings({}, ["inherent"]) == []


def rows_form(organization, text, *, new=(), kind="assets", may_create=True):
    class RowsForm(forms.Form):
        rows = RowsField(kind)

    data = QueryDict(mutable=True)
    data["rows"] = text
    data.setlist("rows-new", new)
    form = RowsForm(data)
    form.fields["rows"].limit_to(organization, may_create=may_create)
    return form


def test_unknown_name_is_refused_and_offered_for_creation(organization):
    make_asset(organization, "Server")
    form = rows_form(organization, "Server\nCrane")
    assert "There is none called “Crane” here." in form.errors["rows"][0]
    assert re.search(r'name="rows-new" value="Crane"', str(form["rows"]))


def test_name_that_may_be_created_becomes_a_row(organization, analyst):
    form = rows_form(organization, "Crane", new=["Crane"])
    assert form.is_valid()
    asset = create_if_new(actor=analyst, row=form.cleaned_data["rows"][0])
    assert Asset.objects.get() == asset


def test_nothing_is_created_that_was_not_allowed(organization):
    form = rows_form(organization, "Crane", new=["Crane"], may_create=False)
    assert not form.is_valid()


def test_own_controls_are_numbered_in_a_framework_of_their_own(organization, analyst):
    for title in ("Lock the door", "Feed the dog"):
        form = rows_form(organization, title, new=[title], kind="controls")
        assert form.is_valid()
        create_if_new(actor=analyst, row=form.cleaned_data["rows"][0])
    controls = Control.objects.order_by("identifier")
    assert [str(row) for row in controls] == ["C-0001 Lock the door", "C-0002 Feed the dog"]
    assert {str(row.framework) for row in controls} == {"Own controls"}
