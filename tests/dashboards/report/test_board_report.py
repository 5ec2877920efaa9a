"""A board as PDF."""

from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from dashboards.models import Board
from dashboards.pages.widgets import CATALOGUE
from dashboards.report.board_report import arrange_widgets
from tests.risks.factories import make_one_of_each


@pytest.fixture
def board(organization, manager):
    return Board.objects.create(
        organization=organization,
        owner=manager,
        name="Water & <b>fire</b>",
        slug="water",
        widgets=[{"name": name} for name in (*CATALOGUE, "number:that-is-gone")],
    )


def text_of_pdf(content):
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_board_is_printed_with_all_its_figures(client, organization, manager, board):
    make_one_of_each(organization, manager)
    client.force_login(manager)
    response = client.get("/o/acme/dashboards/water.pdf?period=90d")
    assert response["Content-Type"] == "application/pdf"
    text = text_of_pdf(response.content)
    assert "Water & <b>fire</b>" in text
    assert [widget.title for widget in CATALOGUE.values() if widget.title not in text] == []


def test_empty_register_is_printed_too(client, manager, board):
    client.force_login(manager)
    assert "Open risks" in text_of_pdf(client.get("/o/acme/dashboards/water.pdf").content)


def test_unknown_or_private_board_is_not_found(client, analyst, manager, board):
    client.force_login(analyst)
    assert client.get("/o/acme/dashboards/water.pdf").status_code == 404
    client.force_login(manager)
    assert client.get("/o/acme/dashboards/fire.pdf").status_code == 404
    assert client.get("/o/acme/dashboards/water.pdf?period=9d").status_code == 400


def test_board_is_sent(organization, board, mailoutbox, capsys):
    arguments = ("report_send", "--organization", "acme", "--to", "board@example.com")
    call_command(*arguments, "--dashboard", "water")
    [(name, content, _)] = mailoutbox[0].attachments
    assert name.startswith("water-acme-")
    assert "Water" in text_of_pdf(content)
    with pytest.raises(CommandError, match="Known ones: executive, water"):
        call_command(*arguments, "--dashboard", "fire")


def test_widgets_of_half_width_are_side_by_side(board):
    names = ["number:open", "mitigations", "matrix:current", "appetite", "number:new"]
    board.widgets = [{"name": name, "wide": name == "matrix:current"} for name in names]
    rows = [[name for name, _wide in row] for row in arrange_widgets(board)]
    assert rows == [names[:2], names[2:3], names[3:]]
