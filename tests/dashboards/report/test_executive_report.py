"""The overview as PDF: its pages, their content, and difficult texts."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from pypdf import PdfReader

from dashboards.report.outlook import describe_plan
from dashboards.report.text_layout import ELLIPSIS
from dashboards.wording import format_day
from openrisk.accounts.models import User
from risks.models import Acceptance, Category, Framework, Matrix
from tests.risks.factories import (
    make_acceptance,
    make_category,
    make_control,
    make_framework,
    make_mitigation,
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
def reading(client, demo):
    client.force_login(User.objects.get(email="analyst@example.org"))
    return client


def test_report_has_the_figures_of_the_overview(reading, ask, demo):
    response = reading.get(URL)
    first, *others = pages_of(response)
    second = " ".join(others)
    figures = ask("executive")
    assert figures["headline"] in first
    assert demo.name in first
    for risk in figures["top_risks"]["results"]:
        assert risk["reference"] in first
    for title in ("Heat map", "Top risks", f"page 1 of {len(others) + 1}", "Prepared by "):
        assert title in first
    for title in (
        "Trend",
        "Treatment",
        "Appetite",
        "Compliance",
        "Changes within 30 days",
        "Overdue",
    ):
        assert title in second
    progress = figures["compliance"]["results"][0]["progress"]
    assert f"{progress} %" in second
    assert f'filename="risk-report-demo-{TODAY}.pdf"' in response["Content-Disposition"]
    assert "as of today" not in second


def test_past_day_and_filters_are_printed(reading, ask, demo):
    day = TODAY - timedelta(days=60)
    category = Category.objects.get(organization=demo, name="IT security")
    query = {"as_of": str(day), "period": "90d", "category": str(category.pk)}
    first, *others = pages_of(reading.get(URL, query))
    assert ask("executive", **query)["headline"] in first
    assert "only category IT security" in first
    assert "90 days before" in first
    for page in (first, *others):
        assert "As of the end of" in page
        assert "as of today" in page


def test_overview_links_to_its_pdf(reading):
    day = TODAY - timedelta(days=9)
    page = reading.get("/o/demo/", {"as_of": str(day), "period": "7d"}).content.decode()
    assert f"{URL}?as_of={day}&amp;period=7d" in page


def test_an_empty_register_is_one_page(client, viewer):
    client.force_login(viewer)
    [page] = pages_of(client.get(OURS))
    assert "the register is empty" in page
    assert "page 1 of 1" in page


def test_filter_without_risks_is_one_page(client, viewer, organization):
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
def test_bad_address_is_refused_like_that_of_the_page(client, viewer, asked, says):
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


def test_long_and_foreign_texts_are_printed(client, viewer, organization):
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
    first, *others = pages_of(client.get(OURS))
    second = " ".join(others)
    assert "Gesellschaft" in first
    assert "Жизнь" in second
    assert ELLIPSIS in first
    assert "and 18 more" in second
    assert "and 12 more" in second
    assert Framework.objects.filter(organization=organization).count() == 20


def test_a_single_draft_is_reported(client, viewer, organization):
    make_risk(organization)
    client.force_login(viewer)
    assert "Nothing is overdue." in " ".join(pages_of(client.get(OURS)))


def test_what_is_done_what_ends_and_what_is_late_is_named(client, viewer, organization, manager):
    risk = make_risk(organization, title="Fire", inherent_likelihood=5, inherent_impact=5)
    day = TODAY - timedelta(days=3)
    make_mitigation(risk, title="Install sprinklers", due_date=day, owner=manager)
    acceptance = make_acceptance(manager, risk)
    soon = timezone.now() + timedelta(days=20)
    Acceptance.objects.update(status="approved", expires_at=soon, approver=viewer)
    client.force_login(viewer)
    text = " ".join(pages_of(client.get(OURS)))
    assert f"Next: Install sprinklers (due {day.day} {day:%b %Y})" in text
    assert f"{acceptance.risk.reference} Fire" in text
    for part in (
        "Acceptances that end",
        "1 mitigation and 0 reviews",
        f"{format_day(day)} 3",
        "New",
    ):
        assert part in text, part


def test_missing_characters_are_said(client, viewer, organization):
    make_risk(
        organization, title="\u0e44\u0e1f \U0001f525", inherent_likelihood=5, inherent_impact=5
    )
    client.force_login(viewer)
    first = pages_of(client.get(OURS))[0]
    assert "characters that the fonts of this document lack: Thai, symbols" in first


def test_plan_of_one_mitigation_that_is_done_is_singular():
    row = {"status": "done", "title": "Pumps"}
    assert describe_plan("mitigate", [row]) == "Mitigate. The mitigation is done."
    assert describe_plan("mitigate", [row, row]) == "Mitigate. All 2 mitigations are done."
