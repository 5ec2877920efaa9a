"""The page of a risk."""

from risks.services.mitigations import create_action, create_mitigation
from risks.services.risks import create_risk, take_transition, update_risk
from tests.texts import text_of


def test_risk_page_shows_scores_states_and_reasons(browse, viewer, risk, analyst, organization):
    take_transition(actor=analyst, risk=risk, to="assessed", comment="Workshop in May")
    mitigation = create_mitigation(
        actor=analyst, organization=organization, risk=risk, title="Back up daily"
    )
    create_action(actor=analyst, mitigation=mitigation, title="Buy storage")
    text = text_of(browse(viewer).get("/o/acme/risks/R-0001/"))
    for words in (
        "Critical 20",
        "Needs an approved acceptance",
        "Back up daily",
        "Workshop in May",
        "4711",
    ):
        assert words in text


def test_viewer_sees_no_buttons_and_cannot_post(browse, viewer, risk):
    client = browse(viewer)
    assert b'name="to"' not in client.get("/o/acme/risks/R-0001/").content
    assert client.post("/o/acme/risks/R-0001/transitions/", {"to": "assessed"}).status_code == 403


def test_what_people_write_is_never_markup(browse, viewer, organization):
    create_risk(
        actor=None,
        organization=organization,
        title="<script>alert(1)</script>",
        description="</p><img src=x onerror=alert(1)>",
        extra={"<b>": "<i>"},
    )
    client = browse(viewer)
    for url in ("/o/acme/risks/", "/o/acme/risks/R-0001/"):
        content = client.get(url).content
        assert b"<script>alert" not in content
        assert b"<img src=x" not in content


def test_risks_of_others_do_not_exist(browse, outsider, risk):
    client = browse(outsider)
    assert client.get("/o/acme/risks/R-0001/").status_code == 404
    assert "Ransomware" not in text_of(client.get("/o/acme/risks/"))


def test_pages_allow_no_foreign_script(browse, viewer, risk):
    response = browse(viewer).get("/o/acme/risks/R-0001/")
    assert "script-src 'self';" in response["Content-Security-Policy"]
    assert b"style=" not in response.content


def test_what_the_source_says_stands_beside_ours(browse, viewer, risk):
    update_risk(actor=None, instance=risk, source_ratings={"residual": "6 Low"})
    text = text_of(browse(viewer).get("/o/acme/risks/R-0001/"))
    assert "Residual: Source says: 6 Low" in text
    assert "The current score is the inherent one" in text
    assert "the source gives no more than “6 Low”" in text


def test_a_residual_rating_needs_no_such_words(browse, viewer, risk):
    update_risk(actor=None, instance=risk, residual_likelihood=2, residual_impact=3)
    text = text_of(browse(viewer).get("/o/acme/risks/R-0001/"))
    assert ("Source says" in text, "The current score is" in text) == (False, False)
