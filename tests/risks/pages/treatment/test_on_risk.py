"""Mitigations are planned on the page of a risk, which shows them in short."""

from risks.models import Mitigation
from tests.risks.factories import make_action, make_mitigation
from tests.texts import text_of

PAGE = "/o/acme/risks/R-0001/"
TAB = f"{PAGE}?tab=treatment"


def test_mitigation_is_planned_with_its_actions(browse, analyst, risk):
    fields = {
        "title": "Train people",
        "priority": "high",
        "start_date": "2026-03-01",
        "actions": "Book a room\n\n  Invite all ",
    }
    response = browse(analyst).post(f"{PAGE}mitigations/new/", fields)
    assert response.url == "/o/acme/treatment/M-0001/"
    mitigation = Mitigation.objects.get()
    assert (mitigation.risk, mitigation.priority) == (risk, "high")
    titles = mitigation.actions.order_by("order").values_list("title", flat=True)
    assert list(titles) == ["Book a room", "Invite all"]


def test_refused_plan_keeps_what_was_typed(browse, analyst, risk):
    fields = {"title": "Insure", "priority": "low", "cost": "100", "actions": "x" * 256}
    response = browse(analyst).post(f"{PAGE}mitigations/new/", fields)
    assert response.status_code == 400
    assert "Shorten this line" in text_of(response)
    fields["actions"] = "Ask a broker"
    response = browse(analyst).post(f"{PAGE}mitigations/new/", fields)
    assert "A cost needs a currency" in text_of(response)
    assert "Ask a broker</textarea>" in response.content.decode()
    assert not Mitigation.objects.exists()


def test_card_leads_to_the_mitigation_and_ticks_its_open_actions(browse, analyst, risk):
    action = make_action(make_mitigation(risk))
    client = browse(analyst)
    page = client.get(TAB).content.decode()
    assert "/o/acme/treatment/M-0001/" in page
    assert "Buy tapes" in page
    fields = {"done": "yes", "version": 1, "next": TAB}
    response = client.post(f"/o/acme/treatment/actions/{action.pk}/done/", fields)
    assert response.url == TAB
    card = text_of(client.get(TAB)).partition("Plan a mitigation")[2]
    assert "M-0001" in card
    assert "Buy tapes" not in card


def test_viewer_plans_nothing(browse, viewer, risk):
    client = browse(viewer)
    assert "Plan a mitigation" not in text_of(client.get(TAB))
    assert client.post(f"{PAGE}mitigations/new/", {"title": "x"}).status_code == 403
