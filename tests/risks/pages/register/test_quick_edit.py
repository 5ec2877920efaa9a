"""Changing one part of a risk from its cell in the list."""

import pytest

from risks.services.risks import update_risk
from tests.texts import text_of

QUICK = "/o/acme/risks/R-0001/quick/"
HTMX = {"hx-request": "true"}
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("part", "data", "field", "value"),
    [
        ("treatment", {"treatment": "avoid"}, "treatment", "avoid"),
        ("next_review_at", {"next_review_at": "2031-02-03"}, "next_review_at", "2031-02-03"),
        ("rating", {"inherent_likelihood": 2, "inherent_impact": 2}, "current_score", "4"),
        ("residual", {"residual_likelihood": 1, "residual_impact": 2}, "current_score", "2"),
    ],
)
def test_part_is_changed_on_a_small_page(browse, analyst, risk, part, data, field, value):
    client = browse(analyst)
    page = client.get(f"{QUICK}{part}/?open=true").content.decode()
    assert f"{QUICK}{part}/?open=true" in page
    response = client.post(f"{QUICK}{part}/?open=true", {**data, "version": risk.version})
    assert response.url == "/o/acme/risks/?open=true"
    risk.refresh_from_db()
    assert str(getattr(risk, field)).startswith(value)


def test_form_that_was_filled_again_leads_back_to_the_list(browse, analyst, risk):
    data = {"treatment": "avoid", "version": risk.version}
    response = browse(analyst).post(f"{QUICK}treatment/?open=true&draft=1", data, follow=True)
    assert response.redirect_chain == [("/o/acme/risks/?open=true", 302)]
    assert response.status_code == 200


def test_owner_and_tags_are_changed(browse, analyst, viewer, risk):
    client = browse(analyst)
    client.post(f"{QUICK}owner/", {"owner": viewer.pk, "version": 1})
    client.post(f"{QUICK}tags/", {"tags": "fire", "version": 2})
    risk.refresh_from_db()
    assert risk.owner == viewer
    assert [tag.name for tag in risk.tags.all()] == ["fire"]


def test_htmx_gets_the_form_and_then_the_row(browse, analyst, risk):
    client, path = browse(analyst), f"{QUICK}treatment/?columns=title,treatment"
    form = client.get(path, headers=HTMX).content.decode()
    assert form.strip().startswith("<form")
    response = client.post(path, {"treatment": "avoid", "version": 1}, headers=HTMX)
    assert response["HX-Retarget"] == "closest tr"
    assert response.content.decode().strip().startswith('<tr data-risk="R-0001"')
    assert "Avoid" in text_of(response)


def test_rating_is_chosen_in_the_dialog_and_brings_the_row(browse, analyst, risk):
    client, data = browse(analyst), {"inherent_likelihood": 1, "inherent_impact": 1, "version": 1}
    form = client.get(f"{QUICK}rating/", headers=HTMX).content.decode()
    assert 'hx-target="#list-dialog-content"' in form
    assert "<html" not in form
    response = client.post(f"{QUICK}rating/", data, headers=HTMX)
    assert response["HX-Retarget"] == 'tr[data-risk="R-0001"]'
    assert "Low 1" in text_of(response)


def test_cancelling_brings_the_row_back(browse, analyst, risk):
    response = browse(analyst).get(f"{QUICK}owner/?row=&columns=title,owner", headers=HTMX)
    assert risk.title in text_of(response)
    assert "<form" not in response.content.decode()


def test_refusal_is_shown_in_the_cell(browse, analyst, risk):
    response = browse(analyst).post(
        f"{QUICK}next_review_at/", {"next_review_at": "yesterday", "version": 1}, headers=HTMX
    )
    assert response.status_code == 400
    assert "Enter a valid date" in text_of(response)


def test_stale_version_is_said_and_may_be_sent_again(browse, analyst, risk):
    client, data = browse(analyst), {"treatment": "avoid", "version": 1}
    update_risk(actor=None, instance=risk, title="Other")
    response = client.post(f"{QUICK}treatment/", data, headers=HTMX)
    assert response.status_code == 400
    assert "Someone else changed this" in text_of(response)
    assert 'name="version" value="2"' in response.content.decode()


def test_quick_edit_is_for_those_who_may_write_in_this_organization(
    browse, viewer, outsider, analyst, risk
):
    assert browse(viewer).get(f"{QUICK}owner/").status_code == 403
    assert browse(outsider).get(f"{QUICK}owner/").status_code == 404
    assert browse(analyst).get(f"{QUICK}title/").status_code == 404


def test_cells_of_viewers_lead_nowhere(browse, viewer, analyst, risk):
    link = "/o/acme/risks/R-0001/quick/owner/"
    assert link in browse(analyst).get("/o/acme/risks/").content.decode()
    assert link not in browse(viewer).get("/o/acme/risks/").content.decode()
