"""The page of a risk: its header and tabs."""

import pytest

from risks.pages.risk.tabs import LABELS
from risks.services.mitigations import create_action, create_mitigation
from risks.services.risks import create_risk, take_transition, update_risk
from risks.services.workspace.comments import post_comment
from tests.risks.factories import make_asset, make_finding, make_risk
from tests.texts import text_of

PAGE = "/o/acme/risks/R-0001/"


def test_each_tab_shows_its_part(browse, viewer, risk, analyst, organization):
    take_transition(actor=analyst, risk=risk, to="assessed", comment="Workshop in May")
    mitigation = create_mitigation(
        actor=analyst, organization=organization, risk=risk, title="Back up daily"
    )
    create_action(actor=analyst, mitigation=mitigation, title="Buy storage")
    make_finding(organization, risk=risk)
    client = browse(viewer)
    for tab, words in (
        ("overview", ("Critical 20", "Needs an approved acceptance", "4711")),
        ("treatment", ("Back up daily", "Buy storage")),
        ("findings", ("CVE-2021-44228",)),
        ("activity", ("Workshop in May",)),
    ):
        text = text_of(client.get(PAGE, {"tab": tab}))
        assert [word for word in words if word not in text] == []


def test_print_shows_all_tabs_without_forms(browse, manager, risk, organization):
    create_mitigation(actor=None, organization=organization, risk=risk, title="x", actions=["Buy"])
    make_finding(organization, risk=risk)
    post_comment(actor=manager, risk=risk, text="Looked at it")
    response = browse(manager).get(PAGE, {"print": "yes"})
    text = text_of(response)
    parts = ("Critical 20", "Buy", "CVE-2021-44228", "No files yet", "Looked at it")
    assert [part for part in parts if part not in text] == []
    assert [tag for tag in ("<form", "<button", "<nav") if tag in response.content.decode()] == []


def test_tabs_have_addresses_and_counts(browse, viewer, risk, organization):
    create_mitigation(actor=None, organization=organization, risk=risk, title="Back up daily")
    tabs = browse(viewer).get(PAGE).context["tabs"]
    assert [(tab.name, tab.count) for tab in tabs if tab.count] == [("treatment", 1)]
    assert [tab.url for tab in tabs][:2] == [PAGE, f"{PAGE}?tab=treatment"]


def test_unknown_tab_is_the_first_one(browse, viewer, risk):
    assert browse(viewer).get(PAGE, {"tab": "secrets"}).context["tab"] == "overview"


@pytest.mark.parametrize("tab", LABELS)
def test_tab_needs_few_queries(
    client, manager, analyst, risk, organization, tab, django_assert_max_num_queries
):
    update_risk(actor=None, instance=risk, owner=analyst, assets=[make_asset(organization)])
    create_mitigation(actor=None, organization=organization, risk=risk, title="x", actions=["y"])
    client.force_login(manager)
    client.get(PAGE)
    with django_assert_max_num_queries(12):
        client.get(PAGE, {"tab": tab})


def test_refusal_opens_the_tab_of_its_form(browse, analyst, risk):
    client = browse(analyst)
    response = client.post(f"{PAGE}acceptances/", {"justification": "MY TEXT"}, follow=True)
    assert (response.context["tab"], "MY TEXT" in response.content.decode()) == ("treatment", True)


def test_next_step_is_a_button_or_says_what_is_missing(browse, analyst, risk):
    client = browse(analyst)
    assert "Move to Assessed" in text_of(client.get(PAGE, {"tab": "activity"}))
    update_risk(actor=None, instance=risk, inherent_likelihood=None)
    text = text_of(client.get(PAGE, {"tab": "activity"}))
    assert "Assessed: not possible yet Inherent likelihood not assessed" in text


def test_what_is_missing_leads_to_where_it_is_added(browse, analyst, risk):
    for to in ("assessed", "treatment_planned"):
        risk = take_transition(actor=analyst, risk=risk, to=to)
    page = browse(analyst).get(PAGE)
    assert page.context["next_step_url"] == f"{PAGE}?tab=treatment"
    assert "Add a mitigation first" in text_of(page)


def test_watching_is_begun_and_ended_in_the_menu(browse, viewer, risk):
    client = browse(viewer)
    client.post(f"{PAGE}watch/", {"watch": "yes"})
    assert "Stop watching" in text_of(client.get(PAGE))


def test_copy_opens_a_form_with_the_values_as_a_draft(browse, analyst, risk):
    form = browse(analyst).get("/o/acme/risks/new/", {"copy": "R-0001"}).context["form"]
    values = {name: form[name].value() for name in ("title", "status", "tags", "inherent_impact")}
    assert values == {
        "title": "Copy of Ransomware on the file server",
        "status": "draft",
        "tags": "backup",
        "inherent_impact": 5,
    }


def test_risk_of_another_organization_cannot_be_copied(browse, analyst, other_organization):
    make_risk(other_organization)
    response = browse(analyst).get("/o/acme/risks/new/", {"copy": "R-0001"})
    assert response.status_code == 404


def test_managers_find_the_form_of_the_administration(browse, analyst, manager, risk):
    address = f"/admin/risks/risk/{risk.pk}/change/"
    assert address in browse(manager).get(PAGE).content.decode()
    assert address not in browse(analyst).get(PAGE).content.decode()


def test_viewer_sees_no_buttons_and_cannot_post(browse, viewer, risk):
    client = browse(viewer)
    assert b'name="to"' not in client.get(PAGE).content
    assert client.post(f"{PAGE}transitions/", {"to": "assessed"}).status_code == 403


def test_what_people_write_is_never_markup(browse, viewer, organization):
    create_risk(
        actor=None,
        organization=organization,
        title="<script>alert(1)</script>",
        description="</p><img src=x onerror=alert(1)>",
        extra={"<b>": "<i>"},
    )
    client = browse(viewer)
    for url in ("/o/acme/risks/", PAGE):
        content = client.get(url).content
        assert b"<script>alert" not in content
        assert b"<img src=x" not in content


def test_risks_of_others_do_not_exist(browse, outsider, risk):
    client = browse(outsider)
    assert client.get(PAGE).status_code == 404
    assert "Ransomware" not in text_of(client.get("/o/acme/risks/"))


def test_pages_allow_no_foreign_script(browse, viewer, risk):
    response = browse(viewer).get(PAGE)
    assert "script-src 'self';" in response["Content-Security-Policy"]
    assert b"style=" not in response.content


def test_what_the_source_says_stands_beside_ours(browse, viewer, risk):
    update_risk(actor=None, instance=risk, source_ratings={"residual": "6 Low"})
    text = text_of(browse(viewer).get(PAGE))
    assert "The source says of the residual risk: 6 Low." in text
    assert "It counts treatment only when the residual rating is given." in text
