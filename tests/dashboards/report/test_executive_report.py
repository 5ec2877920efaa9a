"""The report as PDF: its pages, what they say, and what they survive."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pypdf import PdfReader

from dashboards.models import Board
from dashboards.pages.widgets import CATALOGUE
from dashboards.report.text_layout import (
    BOX,
    ELLIPSIS,
    fit_line,
    fit_lines,
    text_width,
    to_printable,
)
from openrisk.accounts.models import User
from risks.models import Category, Framework, Matrix
from tests.risks.factories import (
    make_category,
    make_control,
    make_framework,
    make_mitigation,
    make_one_of_each,
    make_risk,
)

pytestmark = pytest.mark.usefixtures("seeded")
URL = "/o/demo/dashboards/executive.pdf"
OURS = "/o/acme/dashboards/executive.pdf"
TODAY = timezone.now().date()


def pages_of(response):
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    return [
        " ".join(page.extract_text().split()) for page in PdfReader(BytesIO(response.content)).pages
    ]


@pytest.fixture
def reading(client, told):
    client.force_login(User.objects.get(email="analyst@example.org"))
    return client


def test_two_pages_with_what_the_front_page_says(reading, ask, told):
    response = reading.get(URL)
    first, second = pages_of(response)
    figures = ask("executive")
    assert figures["headline"] in first
    assert told.name in first
    for risk in figures["top_risks"]["results"]:
        assert risk["reference"] in first
    for title in ("Heat map", "Top risks", "page 1 of 2", "compared with 30 days before"):
        assert title in first
    for title in ("Trend", "Treatment", "Appetite", "Compliance", "page 2 of 2"):
        assert title in second
    progress = figures["compliance"]["results"][0]["progress"]
    assert f"{progress} %" in second
    assert f'filename="risk-report-demo-{TODAY}.pdf"' in response["Content-Disposition"]
    assert "as of today" not in second


def test_a_past_day_and_a_part_say_so(reading, ask, told):
    day = TODAY - timedelta(days=60)
    category = Category.objects.get(organization=told, name="IT security")
    asked = {"as_of": str(day), "period": "90d", "category": str(category.pk)}
    first, second = pages_of(reading.get(URL, asked))
    assert ask("executive", **asked)["headline"] in first
    assert "only category IT security" in first
    assert "90 days before" in first
    for page in (first, second):
        assert "As of the end of" in page
        assert "as of today" in page


def test_the_front_page_leads_there_with_what_it_shows(reading):
    day = TODAY - timedelta(days=9)
    page = reading.get("/o/demo/", {"as_of": str(day), "period": "7d"}).content.decode()
    assert f"{URL}?as_of={day}&amp;period=7d" in page


def test_an_empty_register_is_one_page(client, viewer):
    client.force_login(viewer)
    [page] = pages_of(client.get(OURS))
    assert "the register is empty" in page
    assert "page 1 of 1" in page


def test_a_part_without_risks_is_one_page(client, viewer, organization):
    make_risk(organization)
    client.force_login(viewer)
    [page] = pages_of(client.get(OURS, {"tag": "nothing"}))
    assert "Nothing to report" in page
    assert "only tag nothing" in page


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"period": "8d"}, "not a valid choice"),
        ({"as_of": "2999-01-01"}, "in the future"),
        ({"colour": "red"}, "colour"),
        ({"category": "01900000-0000-7000-8000-000000000000"}, "no such category"),
    ],
)
def test_a_bad_address_is_refused_as_the_front_page_does(client, viewer, asked, says):
    client.force_login(viewer)
    response = client.get(OURS, asked)
    assert response.status_code == 400
    assert says in response.content.decode()
    assert "dashboards/refused.html" in [template.name for template in response.templates]


def test_only_members_read_it(client, organization, outsider):
    make_risk(organization, title="Secret of Acme")
    assert client.get(OURS)["Location"].startswith("/login/")
    client.force_login(outsider)
    assert client.get(OURS).status_code == 404
    [page] = pages_of(client.get("/o/globex/dashboards/executive.pdf"))
    assert "the register is empty" in page


LONG = "Überwältigend-Ωmega-Жизнь-" * 9
TITLES = ("リスク管理", "عطل في الخادم", "<b>&amp; 100 %", "\U0001f525 fire", "x" * 250, LONG)


def test_whatever_people_call_things_it_is_two_pages(client, viewer, organization):
    organization.name = "Gesellschaft für Risiken und Nebenwirkungen " * 3
    organization.save()
    for number, title in enumerate(TITLES):
        category = make_category(organization, f"{number} {title}"[:100])
        risk = make_risk(
            organization, title=title, category=category, inherent_likelihood=5, inherent_impact=5
        )
        make_mitigation(risk)
    for number in range(20):
        make_category(organization, f"more {number} {LONG}"[:100])
        framework = make_framework(organization, f"{number} {LONG}"[:100])
        make_control(framework)
    Category.objects.update(appetite=1)
    matrix = Matrix.objects.get_or_create(organization=organization)[0]
    matrix.colours = {"low": "none", "critical": "#000000"}
    matrix.impact_labels = ["W" * 50] * 5
    matrix.likelihood_labels = ["W" * 50] * 5
    matrix.save()
    client.force_login(viewer)
    first, second = pages_of(client.get(OURS))
    assert "Gesellschaft" in first
    assert "Жизнь" in second
    assert ELLIPSIS in first
    assert "and 18 more" in second
    assert "and 12 more" in second
    assert Framework.objects.filter(organization=organization).count() == 20


def test_a_single_draft_is_two_pages(client, viewer, organization):
    make_risk(organization)
    client.force_login(viewer)
    assert len(pages_of(client.get(OURS))) == 2


def test_text_that_does_not_fit_is_shortened():
    assert fit_line("short", 100, 9) == "short"
    cut = fit_line("a long title " * 50, 100, 9)
    assert cut.endswith(ELLIPSIS)
    assert text_width(cut, 9) <= 100
    broken = fit_lines("word " * 100, 100, 9, most=2)
    assert len(broken) == 2
    assert broken[1].endswith(ELLIPSIS)
    assert fit_line("", 10, 9) == ""
    assert fit_lines("", 10, 9, most=2) == []


def test_characters_that_the_font_lacks_are_boxes():
    assert to_printable("a\n b\tリ") == f"a b {BOX}"
    assert to_printable("Zoe\u0308") == "Zoë"


# --- Boards -----------------------------------------------------------------------------------
@pytest.fixture
def board(organization, manager):
    return Board.objects.create(
        organization=organization,
        owner=manager,
        name="Water & <b>fire</b>",
        slug="water",
        widgets=[{"name": name} for name in (*CATALOGUE, "number:that-is-gone")],
    )


def _text_of_pdf(content):
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_board_is_a_document_of_all_its_figures(client, organization, manager, board):
    make_one_of_each(organization, manager)
    client.force_login(manager)
    response = client.get("/o/acme/dashboards/water.pdf?period=90d")
    assert response["Content-Type"] == "application/pdf"
    text = _text_of_pdf(response.content)
    assert "Water & <b>fire</b>" in text
    assert [widget.title for widget in CATALOGUE.values() if widget.title not in text] == []


def test_an_empty_register_makes_a_document_too(client, manager, board):
    client.force_login(manager)
    assert "Open risks" in _text_of_pdf(client.get("/o/acme/dashboards/water.pdf").content)


def test_a_board_that_is_not_shared_or_not_there_is_none(client, analyst, manager, board):
    client.force_login(analyst)
    assert client.get("/o/acme/dashboards/water.pdf").status_code == 404
    client.force_login(manager)
    assert client.get("/o/acme/dashboards/fire.pdf").status_code == 404
    assert client.get("/o/acme/dashboards/water.pdf?period=9d").status_code == 400


def test_a_board_is_sent(organization, board, mailoutbox, capsys):
    arguments = ("report_send", "--organization", "acme", "--to", "board@example.com")
    call_command(*arguments, "--dashboard", "water")
    [(name, content, _)] = mailoutbox[0].attachments
    assert name.startswith("water-acme-")
    assert "Water" in _text_of_pdf(content)
    with pytest.raises(CommandError, match="Known ones: executive, water"):
        call_command(*arguments, "--dashboard", "fire")
