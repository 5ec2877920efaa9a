"""Actions are added, assigned, ordered, done, edited and deleted in pages."""

import pytest

from risks.models import MitigationAction
from risks.services.mitigations import update_action
from tests.risks.factories import make_mitigation
from tests.texts import text_of

PAGE = "/o/acme/treatment/M-0001/"
LIST = "/o/acme/treatment/actions/"


@pytest.fixture
def actions(mitigation):
    return list(mitigation.actions.order_by("order"))


def tick(client, action, *, done="yes", **fields):
    data = {"done": done, "version": action.version, **fields}
    return client.post(f"{LIST}{action.pk}/done/", data)


def titles():
    return list(MitigationAction.objects.order_by("order").values_list("title", flat=True))


def test_action_is_done_and_open_again(browse, analyst, actions):
    client = browse(analyst)
    assert tick(client, actions[0]).url == PAGE
    assert "50 %" in text_of(client.get(PAGE))
    actions[0].refresh_from_db()
    tick(client, actions[0], done="no")
    assert not MitigationAction.objects.exclude(done_at=None).exists()


def test_action_that_waits_says_so_and_cannot_be_done(browse, analyst, actions):
    first, second = actions
    second = update_action(actor=None, instance=second, depends_on=[first])
    client = browse(analyst)
    assert "waits for “Buy discs”" in text_of(client.get(PAGE))
    response = tick(client, second)
    assert response.status_code == 409
    assert "is open and must be done first" in text_of(response)


def test_refused_tick_in_a_list_leads_back_with_the_reason(browse, analyst, actions):
    client = browse(analyst)
    actions[0].version = 9
    assert tick(client, actions[0], next=f"{LIST}?pending=true").url == f"{LIST}?pending=true"
    assert "Someone else changed this" in text_of(client.get(PAGE))


@pytest.mark.parametrize(
    "address", ["https://example.com/", "//example.com/o/acme/", "/o/other/", "//["]
)
def test_tick_leads_to_pages_of_the_organization_only(browse, analyst, actions, address):
    assert tick(browse(analyst), actions[0], next=address).url == PAGE


def test_action_is_added_for_a_person(browse, analyst, manager, actions):
    fields = {"title": "Test a restore", "assignee": manager.pk, "depends_on": [actions[0].pk]}
    assert browse(analyst).post(f"{PAGE}actions/", fields).url == PAGE
    added = MitigationAction.objects.get(title="Test a restore")
    assert (added.assignee, added.order, added.depends_on.get()) == (manager, 3, actions[0])


def test_refused_action_keeps_what_was_typed(browse, analyst, actions):
    fields = {"title": "Test a restore", "due_date": "never"}
    response = browse(analyst).post(f"{PAGE}actions/", fields)
    assert response.status_code == 400
    assert 'value="Test a restore"' in response.content.decode()


def test_actions_move_by_buttons_and_by_dragging(browse, analyst, actions):
    client = browse(analyst)
    client.post(f"{PAGE}order/?to=down", {"move": actions[0].pk})
    assert titles() == ["Write a schedule", "Buy discs"]
    client.post(f"{PAGE}order/", {"order": ",".join(str(action.pk) for action in actions)})
    assert titles() == ["Buy discs", "Write a schedule"]


@pytest.mark.parametrize("order", ["", "nonsense"])
def test_order_that_names_not_all_changes_nothing(browse, analyst, actions, order):
    client = browse(analyst)
    client.post(f"{PAGE}order/", {"order": order})
    assert titles() == ["Buy discs", "Write a schedule"]
    assert "Someone else changed this" in text_of(client.get(PAGE))


def test_action_is_edited(browse, analyst, actions):
    client = browse(analyst)
    fields = {"title": "Buy tapes", "assignee": analyst.pk, "version": 1}
    assert client.post(f"{PAGE}actions/{actions[0].pk}/edit/", fields).url == PAGE
    assert MitigationAction.objects.get(title="Buy tapes").assignee == analyst
    response = client.post(f"{PAGE}actions/{actions[0].pk}/edit/", {**fields, "title": "Stale"})
    assert response.status_code == 409
    assert "Keep theirs" in text_of(response)


def test_assignee_who_has_left_stays_until_another_is_chosen(browse, analyst, manager, actions):
    update_action(actor=None, instance=actions[0], assignee=manager)
    manager.memberships.all().delete()
    client = browse(analyst)
    form = client.get(f"{PAGE}actions/{actions[0].pk}/edit/").context["form"]
    offered = {name: form[name].value() for name in ("assignee", "version")}
    client.post(f"{PAGE}actions/{actions[0].pk}/edit/", {**offered, "title": "Buy tapes"})
    assert MitigationAction.objects.get(title="Buy tapes").assignee == manager
    assert str(manager) in str(form["assignee"])


def test_action_is_deleted_after_a_question(browse, analyst, actions):
    client = browse(analyst)
    address = f"{PAGE}actions/{actions[0].pk}/delete/"
    assert "Delete the action?" in text_of(client.get(address))
    client.post(address, {"confirmed": "yes", "version": 8})
    assert MitigationAction.objects.count() == 2
    client.post(address, {"confirmed": "yes", "version": 1})
    assert MitigationAction.objects.count() == 1


def test_action_of_another_mitigation_is_not_found(browse, analyst, actions, risk):
    make_mitigation(risk)
    address = f"/o/acme/treatment/M-0002/actions/{actions[0].pk}/edit/"
    assert browse(analyst).get(address).status_code == 404
