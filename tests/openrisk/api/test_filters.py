"""Filters, search and unknown parameters."""

import pytest

from openrisk.api.filters import StrictFilterBackend
from risks.api.filters import RiskFilterSet
from risks.api.views.risks import RiskViewSet
from risks.models import Asset, Category
from risks.services.risks import create_risk, take_transition
from risks.services.rows import create

URL = "/api/v1/risks/"


@pytest.fixture
def risks(organization, manager):
    category = create(Category, actor=manager, organization=organization, name="IT")
    asset = create(Asset, actor=manager, organization=organization, name="Mail")
    made = {
        "mail": create_risk(
            actor=manager,
            organization=organization,
            title="Phishing against mail users",
            category=category,
            inherent_likelihood=4,
            inherent_impact=5,
            tags=["mail", "people"],
            assets=[asset],
            owner=manager,
        ),
        "fire": create_risk(
            actor=manager, organization=organization, title="Fire in the archive", status="draft"
        ),
    }
    return {**made, "category": category, "asset": asset}


def found(client, query):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200, response.content
    return {row["title"].split()[0] for row in response.json()["results"]}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("status=draft", {"Fire"}),
        ("status__in=draft,identified", {"Fire", "Phishing"}),
        ("open=true", {"Phishing"}),
        ("open=false", {"Fire"}),
        ("review_overdue=true", set()),
        ("tag=mail", {"Phishing"}),
        ("tag__in=mail,other", {"Phishing"}),
        ("tag=nothing", set()),
        ("current_level=critical", {"Phishing"}),
        ("current_level__isnull=true", {"Fire"}),
        ("current_score__gte=20", {"Phishing"}),
        ("current_likelihood=4&current_impact=5", {"Phishing"}),
        ("current_score__lte=19", set()),
        ("category__isnull=true", {"Fire"}),
        ("created_at__gte=2020-01-01", {"Fire", "Phishing"}),
        ("created_at__lte=2020-01-01T00:00:00Z", set()),
        ("search=phish mail", {"Phishing"}),
        ("search=R-0002", {"Fire"}),
        ("search=%26%20%7C%20%21%20%3A%2A%20%27", set()),
    ],
)
def test_filters_find_what_they_say(api, viewer, risks, query, titles):
    assert found(api(viewer), query) == titles


@pytest.mark.parametrize("name", ["category", "asset"])
def test_filters_by_id(api, viewer, risks, name):
    assert found(api(viewer), f"{name}={risks[name].pk}") == {"Phishing"}
    assert found(api(viewer), f"{name}={risks['mail'].pk}") == set()


def test_a_misspelt_filter_is_refused_and_the_known_ones_are_listed(api, viewer, risks):
    problem = api(viewer).get(f"{URL}?stauts=draft").json()
    assert problem["errors"][0]["parameter"] == "stauts"
    assert "status__in" in problem["errors"][0]["detail"]


@pytest.mark.parametrize(
    "query",
    ["status=open", "category=1", "current_score__gte=high", "open=perhaps", "created_at__gte=x"],
)
def test_a_value_that_cannot_be_is_refused(api, viewer, risks, query):
    response = api(viewer).get(f"{URL}?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == query.partition("=")[0]


def test_every_filter_is_known_to_the_strict_backend():
    known = StrictFilterBackend().known_parameters(RiskViewSet)
    assert set(RiskFilterSet.base_filters) < known
    assert "page" in known


def test_closed_risks_are_not_open(api, viewer, manager, risks):
    take_transition(actor=manager, risk=risks["mail"], to="closed")
    assert found(api(viewer), "open=true") == set()
