"""The board: columns, filters, and moving a card with and without the script."""

from html import escape

import pytest

from risks.models import Risk
from risks.pages.register import board
from risks.services.risks import update_risk
from tests.risks import factories
from tests.texts import text_of

BOARD = "/o/acme/risks/board/"
MOVE = "/o/acme/risks/R-0001/move/"
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture
def risk(organization):
    return factories.make_assessed_risk(organization)


@pytest.fixture
def client(browse, analyst):
    return browse(analyst)


def column(page, status):
    html = page.content.decode()
    return html.split(f'data-column="{status}"')[1].split("</section>")[0]


def test_each_status_is_a_column_with_count_and_exposure(client, risk, organization):
    factories.make_risk(organization, title="Unclear")
    page = client.get(BOARD)
    assert f"<span data-exposure>{risk.current_score}</span>" in column(page, "assessed")
    assert "Unclear" in column(page, "identified")
    assert 'data-card="R-0002"' not in column(page, "assessed")


def test_the_filters_of_the_list_apply(client, risk, organization):
    factories.make_risk(organization, title="Unclear")
    page = client.get(f"{BOARD}?search=unclear&ordering=title")
    assert 'data-card="R-0001"' not in page.content.decode()
    assert 'href="/o/acme/risks/?search=unclear"' in page.content.decode()


def test_me_is_who_looks_at_the_board(client, browse, manager, risk, analyst):
    update_risk(actor=None, instance=risk, owner=analyst)
    assert 'data-card="R-0001"' in client.get(f"{BOARD}?owner=me").content.decode()
    assert 'data-card="R-0001"' not in browse(manager).get(f"{BOARD}?owner=me").content.decode()


def test_a_filter_that_is_not_known_is_said(client, risk):
    page = client.get(f"{BOARD}?colour=red")
    assert page.status_code == 400
    assert "no filter “colour”" in text_of(page)


def test_more_cards_come_by_htmx(client, organization, monkeypatch):
    monkeypatch.setattr(board, "CARDS", 1)
    for title in ("One", "Two", "Three"):
        factories.make_risk(organization, title=title)
    first = column(client.get(BOARD), "identified")
    assert first.count("data-card=") == 1
    assert "column=identified&amp;from=1" in first
    more = client.get(f"{BOARD}?column=identified&from=1").content.decode()
    assert more.count("data-card=") == 1
    assert "from=2" in more


def test_moves_are_listed_with_the_reasons_against_them(client, risk):
    moves = {move["to"]: move for move in client.get(MOVE, **JSON).json()["moves"]}
    assert moves["treatment_planned"]["reasons"] == []
    assert moves["closed"]["reasons"] == ["Managers only"]
    assert "Needs an approved acceptance" in moves["accepted"]["reasons"]


def test_a_card_is_moved_by_the_script(client, risk):
    body = {"to": "treatment_planned", "version": risk.version, "comment": ""}
    answer = client.post(MOVE, body, **JSON).json()
    assert answer["message"] == "R-0001 is now treatment planned."
    assert answer["columns"]["treatment_planned"] == [1, risk.current_score]
    assert Risk.objects.get().status == "treatment_planned"


def test_a_refused_move_says_why(client, risk):
    answer = client.post(MOVE, {"to": "mitigated", "version": risk.version}, **JSON)
    assert answer.status_code == 409
    assert answer.json()["reasons"][0].startswith("Cannot move from assessed to mitigated")


def test_a_card_that_someone_else_changed_stays(client, risk):
    update_risk(actor=None, instance=risk, title="Other")
    answer = client.post(MOVE, {"to": "treatment_planned", "version": risk.version}, **JSON)
    assert (answer.status_code, Risk.objects.get().status) == (412, "assessed")


def test_a_card_is_moved_by_the_page(client, risk):
    page = client.get(MOVE)
    assert "Move to Treatment planned" in text_of(page)
    done = client.post(MOVE, {"to": "treatment_planned", "version": risk.version}, follow=True)
    assert "R-0001 is now treatment planned." in text_of(done)


def test_a_move_leads_back_to_the_board_with_its_filters(client, risk):
    link = f"{MOVE}?open=true&search=R-0001"
    assert f'href="{escape(link)}"' in client.get(f"{BOARD}?search=R-0001&open=true").text
    assert f'action="{escape(link)}"' in client.get(link).text
    done = client.post(link, {"to": "treatment_planned", "version": risk.version})
    assert done.url == f"{BOARD}?open=true&search=R-0001"


def test_the_script_gets_the_numbers_of_the_cards_that_are_shown(client, risk, organization):
    factories.make_risk(organization, title="Unclear")
    body = {"to": "treatment_planned", "version": risk.version}
    columns = client.post(f"{MOVE}?search=R-0001", body, **JSON).json()["columns"]
    assert columns == {"treatment_planned": [1, risk.current_score]}


def test_a_refusal_keeps_the_reason_that_was_typed(client, risk):
    body = {"to": "treatment_planned", "version": 99, "comment": "Agreed in March"}
    page = client.post(MOVE, body)
    assert page.status_code == 412
    assert "Agreed in March" in page.content.decode()


def test_closing_needs_a_manager(client, browse, manager, risk):
    body = {"to": "closed", "version": risk.version}
    assert client.post(MOVE, body, **JSON).status_code == 403
    assert browse(manager).post(MOVE, body, **JSON).status_code == 200


def test_a_viewer_looks_and_does_not_move(browse, viewer, risk):
    client = browse(viewer)
    assert "data-move" not in client.get(BOARD).content.decode()
    assert client.post(MOVE, {"to": "treatment_planned", "version": 1}).status_code == 403


def test_a_risk_of_another_organization_does_not_exist(client, other_organization):
    factories.make_risk(other_organization)
    assert client.get(MOVE).status_code == 404
