"""Treatment in pages: mitigations are planned, moved and edited, actions added and done."""

import pytest

from risks.models import Mitigation, MitigationAction
from risks.services.mitigations import create_mitigation
from tests.texts import text_of

PAGE = "/o/acme/risks/R-0001/"


@pytest.fixture
def mitigation(organization, analyst, risk):
    return create_mitigation(
        actor=analyst,
        organization=organization,
        risk=risk,
        title="Keep copies offline",
        actions=["Buy discs", "Write a schedule"],
    )


def address(row, step):
    kind = "mitigations" if isinstance(row, Mitigation) else "actions"
    return f"{PAGE}{kind}/{row.pk}/{step}/"


def test_mitigation_is_planned_with_its_actions(browse, analyst, risk):
    fields = {
        "title": "Train people",
        "priority": "high",
        "actions": "Book a room\n\n  Invite all ",
    }
    assert browse(analyst).post(f"{PAGE}mitigations/new/", fields).status_code == 302
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


def test_edited_mitigation_of_another_version_is_refused(browse, analyst, mitigation):
    fields = {"title": "Keep two copies", "priority": "medium", "version": mitigation.version}
    assert browse(analyst).post(address(mitigation, "edit"), fields).status_code == 302
    response = browse(analyst).post(address(mitigation, "edit"), {**fields, "title": "Stale"})
    assert "Someone else changed this" in text_of(response)
    assert Mitigation.objects.get().title == "Keep two copies"
    seen = response.context["form"]["version"].value()
    client = browse(analyst)
    client.post(address(mitigation, "edit"), {**fields, "title": "Seen", "version": seen})
    assert Mitigation.objects.get().title == "Seen"


def test_mitigation_moves_and_says_why_it_cannot(browse, analyst, mitigation):
    client = browse(analyst)
    client.post(address(mitigation, "status"), {"to": "in_progress", "version": 1})
    assert "M-0001 is now in progress." in text_of(client.get(PAGE, {"tab": "treatment"}))
    response = client.post(address(mitigation, "status"), {"to": "done", "version": 2})
    assert (response.status_code, "Cannot move from in_progress" in text_of(response)) == (
        409,
        True,
    )


def test_action_is_done_and_open_again(browse, analyst, mitigation):
    action = mitigation.actions.first()
    client = browse(analyst)
    client.post(address(action, "done"), {"done": "yes", "version": 1})
    assert "50 %" in text_of(client.get(PAGE, {"tab": "treatment"}))
    client.post(address(action, "done"), {"done": "no", "version": 2})
    assert not MitigationAction.objects.get(pk=action.pk).done


def test_action_that_waits_for_another_cannot_be_done(browse, analyst, mitigation):
    first, second = mitigation.actions.order_by("order")
    fields = {"title": second.title, "order": 2, "depends_on": [first.pk], "version": 1}
    assert browse(analyst).post(address(second, "edit"), fields).status_code == 302
    version = MitigationAction.objects.get(pk=second.pk).version
    response = browse(analyst).post(address(second, "done"), {"done": "yes", "version": version})
    assert response.status_code == 409
    assert "is open and must be done first" in text_of(response)


def test_action_is_added_and_deleted_after_a_question(browse, analyst, mitigation):
    client = browse(analyst)
    client.post(f"{PAGE}mitigations/{mitigation.pk}/actions/", {"title": "Test a restore"})
    added = MitigationAction.objects.get(title="Test a restore")
    assert added.order == 3
    assert "Delete the action?" in text_of(client.get(address(added, "delete")))
    client.post(address(added, "delete"), {"confirmed": "yes", "version": added.version})
    assert not MitigationAction.objects.filter(pk=added.pk).exists()


def test_action_done_from_my_work_leads_back_there(browse, analyst, mitigation):
    action = mitigation.actions.first()
    fields = {"done": "yes", "version": 1, "back": "my-work"}
    response = browse(analyst).post(address(action, "done"), fields)
    assert response.url == "/o/acme/dashboards/analyst/"


def test_viewer_sees_no_button_and_is_refused(browse, viewer, mitigation):
    client = browse(viewer)
    assert "Plan a mitigation" not in text_of(client.get(PAGE, {"tab": "treatment"}))
    assert client.post(address(mitigation, "status"), {"to": "in_progress"}).status_code == 403


def test_action_that_changed_meanwhile_is_not_deleted(browse, analyst, mitigation):
    action = mitigation.actions.first()
    client = browse(analyst)
    client.post(address(action, "delete"), {"confirmed": "yes", "version": action.version + 1})
    assert "Someone else changed this" in text_of(client.get(PAGE, {"tab": "treatment"}))
    assert MitigationAction.objects.filter(pk=action.pk).exists()
