"""Mitigations and actions in the admin."""

from risks.history.reading import changes_of
from risks.models import Mitigation, Risk
from risks.services.mitigations import create_action
from tests.risks import factories
from tests.risks.admin.forms import change, filled, page, said, step


def test_mitigation_is_added_on_the_page_of_its_risk(client, risk, manager):
    row = {"title": "Backups", "priority": "high", "owner": str(manager.pk)}
    change(
        client,
        risk,
        **{"mitigations-TOTAL_FORMS": "1"},
        **{f"mitigations-0-{name}": value for name, value in row.items()},
    )
    mitigation = Mitigation.objects.get()
    assert (mitigation.reference, mitigation.owner) == ("M-0001", manager)
    assert changes_of(mitigation.pk).get().actor == manager
    assert Risk.objects.get().version == risk.version


def test_mitigation_is_changed_and_deleted_on_the_page_of_its_risk(client, risk):
    mitigation = factories.make_mitigation(risk)
    change(client, risk, **{"mitigations-0-title": "Tapes"})
    mitigation.refresh_from_db()
    assert (mitigation.title, mitigation.version) == ("Tapes", 2)
    change(client, risk, **{"mitigations-0-DELETE": "on"})
    assert not Mitigation.objects.exists()


def test_stale_row_of_an_inline_undoes_the_whole_page(client, risk):
    mitigation = factories.make_mitigation(risk)
    form = filled(client.get(page(risk)), title="New", **{"mitigations-0-title": "Mine"})
    Mitigation.objects.filter(pk=mitigation.pk).update(version=9)
    text = client.post(page(risk), form).content.decode()
    assert "Someone else changed this since you opened the page" in text
    assert Risk.objects.get().title != "New"


def test_actions_are_done_on_the_page_of_their_mitigation(client, risk, manager):
    mitigation = factories.make_mitigation(risk)
    action = factories.make_action(mitigation)
    change(client, mitigation, **{"actions-0-done": "on"})
    action.refresh_from_db()
    assert action.done_by == manager
    change(client, mitigation, **{"actions-0-title": "Buy more"})
    action.refresh_from_db()
    assert (action.title, action.done) == ("Buy more", True)


def test_action_that_waits_for_another_is_refused_with_the_reason(client, risk):
    mitigation = factories.make_mitigation(risk)
    first = factories.make_action(mitigation, "First")
    second = create_action(actor=None, mitigation=mitigation, title="Second", depends_on=[first])
    response = change(client, mitigation, **{"actions-1-done": "on"})
    text = response.content.decode()
    assert "&quot;First&quot; is open and must be done first." in text
    second.refresh_from_db()
    assert not second.done


def test_cost_without_currency_is_refused(client, risk):
    mitigation = factories.make_mitigation(risk)
    response = change(client, mitigation, cost="100")
    assert "currency" in response.context["adminform"].form.errors


def test_mitigation_is_validated_by_someone_else(client, risk, manager, admin):
    mitigation = factories.make_mitigation(risk, owner=manager)
    for to in ("in_progress", "review", "done"):
        mitigation.refresh_from_db()
        response = step(client, mitigation, to)
    assert "Four eyes" in said(response)
    client.force_login(admin)
    step(client, mitigation, "done")
    mitigation.refresh_from_db()
    assert mitigation.status == "done"
