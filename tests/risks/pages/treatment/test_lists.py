"""The lists of mitigations and actions, and the timeline."""

from datetime import timedelta

import pytest
from django.utils import timezone

from openrisk.accounts.models import Organization
from risks.services.mitigations import update_action, update_mitigation
from tests.risks.factories import make_action, make_mitigation, make_risk
from tests.texts import text_of

LIST = "/o/acme/treatment/"
TODAY = timezone.now().date()


@pytest.fixture
def plans(risk, analyst):
    """One that is late and mine, with costs and an action; and one of no one."""
    late = make_mitigation(
        risk,
        title="Keep copies offline",
        owner=analyst,
        due_date=TODAY - timedelta(days=3),
        cost=1200,
        currency="EUR",
    )
    make_action(late, due_date=TODAY - timedelta(days=1))
    return late, make_mitigation(risk, title="Train people", cost=50, currency="USD")


def test_list_shows_mitigations_with_totals(browse, viewer, plans):
    text = text_of(browse(viewer).get(LIST))
    assert "M-0001 Keep copies offline" in text
    assert "1,200 EUR" in text
    assert "50 USD" in text
    assert "Actions not done 1 (1 overdue)" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("overdue=true", [True, False]),
        ("search=train", [False, True]),
        ("search=M-0001", [True, False]),
        ("cost__gte=100", [True, False]),
        ("risk__current_level=low", [False, False]),
        ("status=planned&ordering=-cost", [True, True]),
    ],
)
def test_list_is_filtered(browse, viewer, plans, query, shown):
    response = browse(viewer).get(f"{LIST}?{query}")
    text = text_of(response)
    assert response.status_code == 200
    assert [title in text for title in ("Keep copies offline", "Train people")] == shown


@pytest.mark.parametrize(
    "query", ["owner=someone", "page=7", "ordering=colour", "colour=red", "due_date__lte=soon"]
)
@pytest.mark.parametrize("page", ["", "actions/", "timeline/"])
def test_what_cannot_be_used_is_said(browse, viewer, plans, page, query):
    response = browse(viewer).get(f"{LIST}{page}?{query}")
    assert response.status_code == 400
    assert "Remove the filters" in text_of(response)


def test_rows_of_other_organizations_are_not_listed(browse, viewer, plans):
    other = Organization.objects.create(name="Globex", slug="globex")
    secret = make_mitigation(make_risk(other), title="Foreign secret", due_date=TODAY)
    make_action(secret, "Foreign secret")
    client = browse(viewer)
    for page in ("", "actions/?pending=", "timeline/"):
        assert "Foreign secret" not in text_of(client.get(LIST + page))


def test_empty_list_says_what_mitigations_are_for(browse, viewer):
    assert "A mitigation is a plan to lower a risk" in text_of(browse(viewer).get(LIST))


def test_actions_are_mine_first(browse, analyst, manager, plans):
    assert "Buy tapes" in text_of(browse(analyst).get(f"{LIST}actions/"))
    assert "Nothing to do here" in text_of(browse(manager).get(f"{LIST}actions/"))


def test_actions_that_wait_say_for_what(browse, viewer, plans):
    first = plans[0].actions.get()
    update_action(actor=None, instance=make_action(plans[0], "Write"), depends_on=[first])
    text = text_of(browse(viewer).get(f"{LIST}actions/?waiting=true"))
    assert "waits for “Buy tapes”" in text


def test_timeline_has_bars_by_owner_and_a_table(browse, viewer, analyst, plans):
    update_mitigation(actor=None, instance=plans[1], due_date=TODAY + timedelta(days=40))
    response = browse(viewer).get(f"{LIST}timeline/")
    groups = response.context["groups"]
    assert [group["name"] for group in groups] == [str(analyst), "No owner"]
    assert groups[0]["plans"][0]["kind"] == "planned late"
    assert "As a table" in text_of(response)


def test_timeline_leaves_out_what_has_no_due_date(browse, viewer, risk):
    make_mitigation(risk)
    assert "No mitigation to draw" in text_of(browse(viewer).get(f"{LIST}timeline/"))


@pytest.mark.parametrize("page", ["", "actions/", "timeline/"])
def test_pages_take_few_queries(browse, viewer, plans, page, django_assert_max_num_queries):
    client = browse(viewer)
    client.get(LIST + page)
    with django_assert_max_num_queries(12):
        client.get(f"{LIST}{page}?ordering=-due_date")
