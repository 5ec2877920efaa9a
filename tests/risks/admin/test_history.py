"""The history of a row and the list of all changes."""

import pytest

from risks.history.reading import changes_of
from tests.risks import factories
from tests.risks.admin.forms import change, page
from tests.texts import text_of


def test_history_shows_differences_by_name(client, risk, analyst):
    change(client, risk, owner=str(analyst.pk), treatment="avoid", comment="Handed over")
    text = client.get(page(risk, "history")).content.decode()
    for words in (str(analyst), "Avoid", "Handed over", "<ins>it</ins>", "<del>-</del>"):
        assert words in text


def test_history_of_a_risk_shows_of_its_mitigations(client, risk):
    factories.make_action(factories.make_mitigation(risk), "Buy tapes")
    text = client.get(page(risk, "history")).content.decode()
    assert "Offline backups" in text
    assert "Buy tapes" in text


@pytest.mark.parametrize("model", ["change", "scorechange"])
def test_history_is_read_only_for_superusers_too(client, superuser, risk, model):
    client.force_login(superuser)
    listed = client.get(f"/admin/risks/{model}/").context["cl"].result_list
    row = page(listed[0])
    assert client.get(row).status_code == 200
    assert client.get(f"/admin/risks/{model}/add/").status_code == 403
    assert client.post(row, {"comment": "Forged"}).status_code == 403
    assert client.post(page(listed[0], "delete"), {"post": "yes"}).status_code == 403


def test_managers_see_no_changes_of_memberships(client, organization, manager, admin):
    def models():
        listed = client.get("/admin/risks/change/").context["cl"].result_list
        return {row.model for row in listed}

    factories.make_category(organization)
    assert models() == {"risks.category"}
    client.force_login(admin)
    assert models() == {"risks.category", "accounts.membership"}


def test_change_of_one_row_is_said_in_a_sentence(client, risk, analyst):
    change(client, risk, treatment="avoid")
    latest = changes_of(risk.pk).first()
    assert "set treatment of risk “R-0001" in text_of(client.get(page(latest)))
