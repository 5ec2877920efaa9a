"""Boards, as people compose them through Django's client."""

import pytest

from dashboards.models import Board
from dashboards.pages import boards
from dashboards.pages.widgets import CATALOGUE
from risks.models import Category
from tests.dashboards.page_text import text_of
from tests.risks.factories import make_category, make_risk

RATED = {"inherent_likelihood": 4, "inherent_impact": 5}


@pytest.fixture
def board(browse, analyst):
    """A new board of the analyst."""
    response = browse(analyst).post("/o/acme/dashboards/new/", {"name": "Monday  meeting"})
    assert response["Location"] == "/o/acme/dashboards/monday-meeting/edit/"
    return Board.objects.get()


def do(client, board, action, **fields):
    board.refresh_from_db()
    data = {"version": board.version, "name": board.name, "action": action, **fields}
    client.post(f"/o/acme/dashboards/{board.slug}/edit/", data)
    board.refresh_from_db()
    return [widget["name"] for widget in board.widgets]


def test_compose_and_arrange(browse, analyst, board):
    client = browse(analyst)
    names = do(client, board, "add:", widget="breakdown:owner")
    assert names == ["number:open", "number:exposure", "matrix:current", "timeline:90", names[-1]]
    assert do(client, board, "up:4")[3] == "breakdown:owner"
    assert do(client, board, "remove:0")[0] == "number:exposure"
    assert do(client, board, "down:3")[3] == "timeline:90"
    do(client, board, "width:1")
    assert [widget["wide"] for widget in board.widgets] == [False, True, False, False]


@pytest.mark.once  # a board as PDF computes all of them, with rows and without
@pytest.mark.parametrize("name", CATALOGUE)
def test_every_widget_shows_with_and_without_risks(browse, analyst, organization, board, name):
    Board.objects.update(widgets=[{"name": name, "wide": True}])
    client = browse(analyst)
    assert client.get(board_url(board)).status_code == 200
    category = make_category(organization)
    Category.objects.update(appetite=4)
    make_risk(organization, category=category, **RATED)
    response = client.get(board_url(board))
    assert response.status_code == 200
    assert CATALOGUE[name].title in text_of(response)


def board_url(board):
    return f"/o/acme/dashboards/{board.slug}/"


def test_unknown_widget_says_that_it_is_not_available(browse, analyst, board):
    Board.objects.update(widgets=[{"name": "number:karma", "wide": False}])
    response = browse(analyst).get(board_url(board))
    assert response.status_code == 200
    assert "This figure is no longer available: number:karma" in text_of(response)
    assert do(browse(analyst), board, "remove:0") == []


def test_saved_filters_apply_to_the_page(browse, analyst, organization, board):
    category = make_category(organization)
    make_risk(organization, category=category, **RATED)
    make_risk(organization, **RATED)
    client = browse(analyst)
    do(client, board, "save", name="IT", period="7d", category=str(category.pk))
    assert (board.name, board.filters) == ("IT", {"period": "7d", "category": str(category.pk)})
    Board.objects.update(widgets=[{"name": "number:open", "wide": False}])
    assert (
        'class="key-figure" href="/o/acme/risks/?open=true&amp;category='
        in client.get(board_url(board)).content.decode()
    )
    assert ">1</a>" in client.get(board_url(board)).content.decode()


def test_saving_what_the_form_offers_changes_nothing(browse, analyst, board):
    form = browse(analyst).get(f"{board_url(board)}edit/").content.decode()
    assert '<option value="30d" selected>' in form
    assert form.count('<option value="" selected>Any</option>') == form.count(" selected>") - 1


def test_bad_filters_are_refused_and_deleted_ones_reported(browse, analyst, organization, board):
    client = browse(analyst)
    do(client, board, "save", name="IT", category="none")
    assert board.filters == {}
    gone = make_category(organization)
    do(client, board, "save", name="IT", category=str(gone.pk))
    gone.delete()
    response = client.get(board_url(board))
    assert (response.status_code, "no such category" in text_of(response)) == (400, True)
    assert f"{board_url(board)}edit/" in response.content.decode()


def test_only_the_owner_sees_a_board_until_it_is_shared(browse, analyst, manager, viewer, board):
    others = browse(viewer), browse(manager)
    assert [client.get(board_url(board)).status_code for client in others] == [404, 404]
    do(browse(analyst), board, "save", name="Monday", shared="on")
    assert [client.get(board_url(board)).status_code for client in others] == [200, 200]
    edits = [client.get(f"{board_url(board)}edit/").status_code for client in others]
    assert edits == [404, 200]


def test_another_organization_sees_no_board(browse, outsider, board, other_organization):
    Board.objects.update(shared=True)
    client = browse(outsider)
    assert client.get(board_url(board)).status_code == 404
    assert "Monday" not in text_of(client.get("/o/acme/dashboards/"))


def test_outdated_form_changes_nothing_and_keeps_its_input(browse, analyst, board):
    client = browse(analyst)
    stale = {"version": board.version, "action": "remove:0", "name": "Typed"}
    client.post(f"{board_url(board)}edit/", {**stale, "name": "First"})
    response = client.post(f"{board_url(board)}edit/", stale)
    assert (response.status_code, "Someone else changed" in text_of(response)) == (412, True)
    assert 'value="Typed"' in response.content.decode()
    assert (Board.objects.get().name, len(Board.objects.get().widgets)) == ("First", 3)


@pytest.mark.parametrize("action", ["up:1", "down:0", "width:0", "remove:0", "add:"])
def test_arranging_saves_the_other_fields_too(browse, analyst, board, action):
    do(browse(analyst), board, action, name="Typed", tag="audit", widget="breakdown:owner")
    assert (board.name, board.filters) == ("Typed", {"tag": "audit"})


def test_arranging_with_invalid_fields_is_refused(browse, analyst, board):
    data = {"version": 1, "action": "remove:0", "name": "", "tag": "audit"}
    response = browse(analyst).post(f"{board_url(board)}edit/", data)
    assert response.status_code == 400
    assert 'value="audit"' in response.content.decode()
    assert len(Board.objects.get().widgets) == 4


def test_first_button_of_the_editor_saves(browse, analyst, board):
    """It is what Enter presses."""
    html = browse(analyst).get(f"{board_url(board)}edit/").content.decode()
    form = html[html.index('name="version"') :]
    assert 'value="save"' in form[form.index("<button") :].split(">")[0]


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_a_board_needs_a_name(browse, analyst, name):
    response = browse(analyst).post("/o/acme/dashboards/new/", {"name": name})
    assert response.status_code == 400
    assert not Board.objects.exists()


def test_slugs_of_pages_and_boards_are_not_used_twice(browse, analyst, organization):
    client = browse(analyst)
    for _ in range(2):
        client.post("/o/acme/dashboards/new/", {"name": "Analyst"})
    assert set(Board.objects.values_list("slug", flat=True)) == {"analyst-2", "analyst-3"}


def test_deleting_asks_first_and_names_the_consequences(browse, analyst, board):
    client = browse(analyst)
    form = {"version": board.version, "action": "delete", "name": "Typed"}
    question = client.post(f"{board_url(board)}edit/", form)
    assert "Deleted with it: 4 widgets." in text_of(question)
    back = client.post(f"{board_url(board)}edit/", {**form, "confirmed": "no"})
    assert 'value="Typed"' in back.content.decode()
    assert Board.objects.exists()
    client.post(f"{board_url(board)}edit/", {**form, "confirmed": "yes"})
    assert not Board.objects.exists()


def test_board_that_is_deleted_twice_at_one_moment(browse, analyst, board, monkeypatch):
    def delete_first(board):
        Board.objects.get(pk=board.pk).delete()
        return ""

    monkeypatch.setattr(boards, "describe_parts", delete_first)
    form = {"version": board.version, "action": "delete", "confirmed": "yes"}
    response = browse(analyst).post(f"{board_url(board)}edit/", form, follow=True)
    assert response.redirect_chain == [("/o/acme/dashboards/", 302)]
    assert "Someone else changed this" in text_of(response)
