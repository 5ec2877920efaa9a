"""The pages of findings: the list with its filters, one finding, and the risks made of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from risks.models import Finding, ImportRow, ImportRun, Risk
from tests.risks.factories import make_asset, make_finding, make_finding_rule, make_risk

TODAY = timezone.now().date()
ADDRESS = "/o/acme/findings/"


@pytest.fixture
def finding(organization, analyst):
    asset = make_asset(organization, "CRM", owner=analyst)
    return make_finding(organization, asset=asset, epss="0.94", known_exploited=True)


@pytest.fixture
def low(organization):
    return make_finding(organization, "CVE-2020-1", title="Small", severity="low", tool="zap")


@pytest.fixture
def page(finding):
    return f"{ADDRESS}{finding.pk}/"


@pytest.fixture
def analyst_page(client, analyst):
    client.force_login(analyst)
    return client


def listed(client, **query):
    response = client.get(ADDRESS, query)
    assert response.status_code == 200, response.content.decode()
    text = response.content.decode()
    return [title for title in ("Remote code execution", "Small") if f">{title}</a>" in text]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, ["Remote code execution", "Small"]),
        ({"severity__in": ["low", "medium"]}, ["Small"]),
        ({"tool__in": "zap"}, ["Small"]),
        ({"known_exploited": "true"}, ["Remote code execution"]),
        ({"epss__gte": "0.5"}, ["Remote code execution"]),
        ({"asset__isnull": "true"}, ["Small"]),
        ({"asset_owner": "me"}, ["Remote code execution"]),
        ({"first_seen_at__gte": "7-days-ago"}, ["Remote code execution", "Small"]),
        ({"first_seen_at__lte": "7-days-ago"}, []),
        ({"risk__isnull": "false"}, []),
        ({"search": "small"}, ["Small"]),
        ({"state": "open", "columns": "severity,tool"}, ["Remote code execution", "Small"]),
    ],
)
def test_the_list_is_filtered(analyst_page, finding, low, query, titles):
    assert listed(analyst_page, **query) == titles


def test_filters_are_chips_and_problems_are_said(analyst_page, finding):
    text = analyst_page.get(ADDRESS, {"severity__in": "high,low"}).content.decode()
    assert 'Severity: <b dir="auto">High, Low</b>' in text
    wrong = analyst_page.get(ADDRESS, {"severity": "awful"})
    assert (wrong.status_code, b"cannot be used" in wrong.content) == (400, True)


@pytest.mark.parametrize(
    "name", ["severity", "state", "tool", "asset", "known_exploited", "epss", "age", "risk"]
)
def test_a_filter_offers_its_values_with_counts(analyst_page, finding, low, name):
    response = analyst_page.get(f"{ADDRESS}filters/{name}/", {"state": "open"})
    counts = [option.value.count for option in response.context["values"]]
    assert (response.status_code, max(count or 0 for count in counts) > 0) == (200, True)


def test_the_list_is_exported_as_shown(analyst_page, finding, low):
    response = analyst_page.get(f"{ADDRESS}export/", {"columns": "severity,tool", "tool": "zap"})
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert lines == ["Finding,Severity,Tool", "Small,Low,zap"]


def test_the_list_takes_few_queries(analyst_page, finding, low, django_assert_max_num_queries):
    analyst_page.get(ADDRESS)
    with django_assert_max_num_queries(12):
        analyst_page.get(ADDRESS, {"severity__in": "critical", "asset": finding.asset_id})


def test_the_page_of_a_finding_takes_few_queries(analyst_page, page, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        text = analyst_page.get(page).content.decode()
    assert "Known exploited" in text
    assert "94.0 %" in text


def test_a_finding_is_accepted_and_reopened(analyst_page, page):
    until = TODAY + timedelta(days=30)
    accepted = analyst_page.post(
        f"{page}accept/", {"reason": "Lab only", "until": until, "version": 1}, follow=True
    )
    assert "The finding is accepted." in accepted.content.decode()
    assert Finding.objects.get().decided_until == until
    assert "accepted the finding until" in accepted.content.decode()
    analyst_page.post(f"{page}reopen/", {"comment": "No longer", "version": 2})
    assert Finding.objects.get().state == "open"


def test_my_work_lists_findings_on_my_assets(analyst_page, finding, low):
    text = analyst_page.get("/o/acme/dashboards/analyst/").content.decode()
    assert ("Remote code execution" in text, "Small" in text) == (True, False)


def test_scans_that_saw_the_finding_are_listed(analyst_page, organization, finding, page):
    run = ImportRun.objects.create(
        organization=organization, source_name="nightly", status="applied", looked_at=timezone.now()
    )
    ImportRow.objects.create(
        organization=organization,
        run=run,
        row_number=1,
        model="risks.finding",
        object_id=finding.pk,
        action="update",
        changes={"state": ["resolved", "open"]},
    )
    text = analyst_page.get(page).content.decode()
    assert ("nightly" in text, "Came back" in text) == (True, True)


def test_a_refused_decision_is_shown_with_what_was_typed(analyst_page, page):
    response = analyst_page.post(f"{page}accept/", {"reason": "Lab only", "version": 1})
    assert response.status_code == 400
    assert b"Lab only" in response.content
    stale = analyst_page.post(f"{page}false-positive/", {"reason": "Mine", "version": 9})
    assert (stale.status_code, Finding.objects.get().state) == (412, "open")


def test_a_risk_of_a_finding_leads_to_its_mitigation(analyst_page, organization, page):
    make_finding_rule(organization, likelihood=4, impact=3)
    form = analyst_page.get(f"{page}risk/").context["form"]
    assert (form["inherent_likelihood"].value(), form["inherent_impact"].value()) == (4, 3)
    fields = {name: form[name].value() for name in form.fields}
    made = analyst_page.post(f"{page}risk/", fields)
    risk = Risk.objects.get()
    assert made["Location"] == f"/o/acme/risks/{risk.reference}/mitigations/new/"
    assert (risk.inherent_score, Finding.objects.get().risk) == (12, risk)


def test_a_finding_is_attached_and_detached(analyst_page, organization, page):
    risk = make_risk(organization)
    analyst_page.post(f"{page}attach/", {"risk": risk.reference, "version": 1})
    assert Finding.objects.get().risk == risk
    analyst_page.post(f"{page}detach/", {"version": 2})
    assert Finding.objects.get().risk is None


def test_viewers_see_and_change_nothing(client, viewer, page):
    client.force_login(viewer)
    assert b'form="selection"' not in client.get(ADDRESS).content
    assert client.get(page).status_code == 200
    assert client.post(f"{page}accept/", {"reason": "x", "version": 1}).status_code == 403
    assert client.get(f"{page}risk/").status_code == 403


def test_other_organizations_have_no_finding_here(analyst_page, other_organization):
    foreign = make_finding(other_organization)
    assert analyst_page.get(f"{ADDRESS}{foreign.pk}/").status_code == 404
    assert analyst_page.post(f"{ADDRESS}{foreign.pk}/accept/", {}).status_code == 404


def test_findings_are_accepted_in_bulk(analyst_page, finding, low):
    chosen = {"finding": [finding.pk, low.pk], "kind": "accept", "query": ""}
    form = analyst_page.post(f"{ADDRESS}bulk/", chosen).context["form"]
    fields = {name: form[name].value() or "" for name in form.fields} | {"comment": "Lab only"}
    preview = analyst_page.post(f"{ADDRESS}bulk/?kind=accept", fields, follow=True)
    assert "Accept 2 findings" in preview.content.decode()
    change = preview.context["change"]
    address = f"/o/acme/risks/changes/{change.pk}/"
    done = analyst_page.post(f"{address}apply/", {"digest": change.digest}, follow=True)
    assert "2 findings accepted." in done.content.decode()
    undone = analyst_page.post(f"{address}undo/", follow=True)
    assert "Undone: 2 findings are as they were." in undone.content.decode()


def test_one_risk_is_made_of_all_that_match(analyst_page, organization, finding, low):
    make_finding_rule(organization, minimum_severity="low", likelihood=2, impact=3)
    chosen = {"all": "yes", "kind": "make_risk", "query": "state=open"}
    form = analyst_page.post(f"{ADDRESS}bulk/", chosen).context["form"]
    fields = {name: form[name].value() or "" for name in form.fields}
    preview = analyst_page.post(f"{ADDRESS}bulk/?kind=make_risk", fields, follow=True)
    change = preview.context["change"]
    assert "Make one risk of 2 findings" in preview.content.decode()
    analyst_page.post(f"/o/acme/risks/changes/{change.pk}/apply/", {"digest": change.digest})
    risk = Risk.objects.get()
    assert (risk.inherent_score, risk.findings.count()) == (6, 2)
