"""Every figure equals the count of the list that it opens."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dashboards.figures.breakdown import GROUP_COLUMNS
from dashboards.figures.matrix import KINDS
from dashboards.periods import PERIOD_DAYS
from openrisk.accounts.models import User
from risks.models import Category
from risks.services.mitigations import create_action, create_mitigation
from risks.services.risks import create_risk, take_transition


def pairs(values: Any, urls: Any, path: str = "") -> Iterator[tuple[str, int, str]]:
    """(name, figure, URL) of everything in `urls`, which is nested like `values`."""
    for name, url in urls.items():
        if isinstance(url, dict):
            yield from pairs(values[name], url, f"{path}{name}.")
        elif url is not None:
            yield f"{path}{name}", values[name], url


def wrong(reader: Any, found: Any) -> list[tuple[str, int, int]]:
    """(name, figure, count of the list) where the two differ."""
    result = []
    for name, figure, url in found:
        response = reader.get(url)
        assert response.status_code == 200, (url, response.content)
        if response.json()["count"] != figure:
            result.append((name, figure, response.json()["count"]))
    return result


@pytest.mark.parametrize("period", PERIOD_DAYS)
def test_statistics(ask, reader, period):
    stats = ask("stats", period=period)
    found = list(pairs(stats, stats["drill_down"]))
    assert len(found) == 20
    assert wrong(reader, found) == []


def test_statistics_of_a_part(ask, reader, demo):
    category = Category.objects.get(organization=demo, name="IT security").pk
    stats = ask("stats", category=category, period="365d")
    assert 0 < stats["total"] < 120
    assert wrong(reader, pairs(stats, stats["drill_down"])) == []


@pytest.mark.parametrize("kind", KINDS)
def test_heat_map(ask, reader, kind):
    heat_map = ask("matrix", kind=kind)
    counts = [cell["count"] for cell in heat_map["cells"]]
    assert sum(counts) + heat_map["not_assessed"] == heat_map["open"] == ask("stats")["open"]
    cells = (((c["likelihood"], c["impact"]), c["count"], c["url"]) for c in heat_map["cells"])
    assert wrong(reader, cells) == []


@pytest.mark.parametrize("by", GROUP_COLUMNS)
def test_breakdown(ask, reader, by):
    groups = ask("breakdown", by=by)["results"]
    assert len(groups) > 2
    assert wrong(reader, ((g["label"], g["count"], g["url"]) for g in groups if g["url"])) == []


def test_breakdown_adds_up(ask):
    stats = ask("stats")
    for by in ("category", "owner", "status", "treatment"):
        groups = ask("breakdown", by=by)["results"]
        assert sum(group["count"] for group in groups) == stats["open"]
        assert sum(group["exposure"] for group in groups) == stats["exposure"]


def test_mitigations(ask, reader):
    mitigations = ask("mitigations")
    flat = {**mitigations, "overdue": mitigations["due"]["overdue"]}
    found = list(pairs(flat, mitigations["drill_down"]))
    assert len(found) == 7
    assert wrong(reader, found) == []


def test_plans_of_drafts_count_nowhere(ask, reader, demo, admin_overdue):
    before = {**ask("mitigations"), "stats": ask("stats")["overdue_mitigations"]}
    draft = create_risk(actor=None, organization=demo, title="Perhaps", status="draft")
    late = timezone.now().date() - timedelta(days=3)
    plan = create_mitigation(
        actor=None, organization=demo, risk=draft, title="Plan", due_date=late, owner=None
    )
    create_action(actor=None, mitigation=plan, title="Begin")
    overdue = admin_overdue()
    assert {**ask("mitigations"), "stats": ask("stats")["overdue_mitigations"]} == before
    assert before["open"] == before["burn_down"][-1]["open"]
    take_transition(actor=None, risk=draft, to="identified")
    after = ask("mitigations")
    assert (after["open"], after["due"]["overdue"], after["actions"]["total"]) == (
        before["open"] + 1,
        before["due"]["overdue"] + 1,
        before["actions"]["total"] + 1,
    )
    assert after["burn_down"][-1]["open"] == after["open"]
    assert admin_overdue() == overdue + 1


@pytest.fixture
def admin_overdue(demo, browse):
    """What the overview of the administration says, which equals the list that it opens."""
    browser = browse(User.objects.get(email="manager@example.org"))

    def read():
        page = browser.get("/admin/").content.decode()
        url, number = re.search(r'href="([^"]*due=overdue)"><b>(\d+)</b>', page).groups()
        rows = browser.get(url).context["cl"].result_count
        assert rows == int(number)
        return rows

    return read


def test_trend_ends_at_what_is(ask):
    stats, last = ask("stats"), ask("timeline", days=30)["days"][-1]
    assert {name: last[name] for name in stats["by_level"]} == stats["by_level"]
    assert (last["exposure"], last["date"]) == (stats["exposure"], stats["as_of"])


def test_appetite_and_compliance(ask, reader, demo):
    Category.objects.filter(organization=demo).update(appetite=9)
    appetite = ask("appetite")["results"]
    assert wrong(reader, ((row["name"], row["above"], row["url"]) for row in appetite)) == []
    assert {row["state"] for row in appetite} >= {"breached"}
    frameworks = ask("compliance")["results"]
    assert wrong(reader, ((row["name"], row["total"], row["url"]) for row in frameworks)) == []
