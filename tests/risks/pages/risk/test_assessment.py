"""Rating a risk and linking rows on its page."""

from risks.models import Asset
from risks.services.risks import update_risk
from tests.risks.factories import make_asset, make_control, make_framework
from tests.texts import text_of

PAGE = "/o/acme/risks/R-0001/"


def rate(client, **fields):
    return client.post(f"{PAGE}rating/", {"kind": "residual", **fields})


def test_risk_is_rated_on_its_page_with_a_reason(browse, analyst, risk):
    client = browse(analyst)
    rate(client, version=1, residual_likelihood=2, residual_impact=3, comment="Patched")
    risk.refresh_from_db()
    assert (risk.residual_score, risk.current_score, risk.inherent_score) == (6, 6, 20)
    assert "Patched" in text_of(client.get(PAGE, {"tab": "activity"}))


def test_stale_rating_is_refused_and_kept_in_the_form(browse, analyst, risk):
    update_risk(actor=None, instance=risk, title="Other")
    response = rate(browse(analyst), version=1, residual_likelihood=2, residual_impact=3)
    assert response.status_code == 412
    assert response.context["picker"].chosen == ("2", "3")
    assert response.context["rate_form"]["version"].value() == "2"


def test_half_a_rating_is_saved_with_a_warning(browse, analyst, risk):
    client = browse(analyst)
    rate(client, version=1, residual_likelihood=2)
    assert "The residual risk has no score yet: choose its impact too." in text_of(client.get(PAGE))


def test_rating_that_the_status_needs_cannot_be_cleared(browse, analyst, risk):
    client = browse(analyst)
    client.post(f"{PAGE}transitions/", {"to": "assessed", "version": 1})
    response = client.post(f"{PAGE}rating/", {"kind": "inherent", "version": 2})
    assert response.status_code == 400
    assert "keeps its inherent likelihood and impact" in text_of(response)


def test_form_offers_the_kind_that_is_asked_for(browse, analyst, risk):
    client = browse(analyst)
    kinds = [
        client.get(PAGE, query).context["rate_form"].kind for query in ({}, {"rate": "target"})
    ]
    assert kinds == ["residual", "target"]


def test_links_are_changed_and_missing_rows_created(browse, analyst, risk, organization):
    make_asset(organization, "Server", criticality="critical")
    make_control(make_framework(organization))
    body = {
        "assets": "Server\r\nCrane", "assets-new": "Crane", "controls": "A.8.13",
        "tags": "it, backup", "version": 1,
    }  # fmt: skip
    browse(analyst).post(f"{PAGE}links/", body)
    risk.refresh_from_db()
    assert sorted(risk.assets.values_list("name", flat=True)) == ["Crane", "Server"]
    assert (risk.controls.count(), risk.tags.count(), float(risk.priority)) == (1, 2, 25.0)


def test_refused_links_create_nothing(browse, analyst, risk):
    body = {"assets": "Crane", "assets-new": "Crane", "version": 9}
    response = browse(analyst).post(f"{PAGE}links/", body)
    assert response.status_code == 412
    assert "Crane" in response.content.decode()
    assert not Asset.objects.exists()


def test_viewers_rate_and_link_nothing(browse, viewer, risk):
    client = browse(viewer)
    assert rate(client, version=1).status_code == 403
    assert client.post(f"{PAGE}links/", {"version": 1}).status_code == 403
