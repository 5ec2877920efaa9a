"""Parameters that figures refuse, and their messages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.risks.factories import make_category, make_risk

pytestmark = pytest.mark.once  # refused before any database is asked for a figure
URL = "/api/v1/dashboards/"
TODAY = timezone.now().date()
TOMORROW = TODAY + timedelta(days=2)


@pytest.mark.parametrize(
    ("asked", "parameter", "says"),
    [
        ("stats/?period=8d", "period", "not a valid choice"),
        (f"stats/?as_of={TOMORROW}", "as_of", "in the future"),
        ("stats/?as_of=yesterday", "as_of", "YYYY-MM-DD"),
        ("stats/?colour=red", "colour", "Known ones: as_of, category"),
        ("stats/?period=7d&period=30d", "period", "once"),
        ("stats/?category=none", "category", "UUID"),
        ("matrix/?kind=both", "kind", "not a valid choice"),
        ("timeline/?days=731", "days", "730"),
        ("timeline/?days=0", "days", "1"),
        ("top-risks/?limit=1000000000", "limit", "100"),
        ("breakdown/", "by", "required"),
        (f"movement/?since={TODAY}", "since", "before as_of"),
        ("movement/?since=0001-01-01", "since", "from 1970-01-01 on"),
        ("movement/export/?since=0001-01-01", "since", "from 1970-01-01 on"),
        *(
            (f"{figure}/{end}?as_of={day}", "as_of", says)
            for figure in ("stats", "timeline", "executive", "mitigations", "matrix")
            for end in ("", "export/")
            for day, says in (
                ("0001-01-01", "from 1970-01-01 on"),
                ("9999-12-31", "in the future"),
                ("0000-00-00", "YYYY-MM-DD"),
            )
        ),
    ],
)
def test_bad_parameter_is_explained(api, viewer, asked, parameter, says):
    response = api(viewer).get(URL + asked)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["parameter"] == parameter
    assert says in error["detail"]


@pytest.mark.parametrize("name", ["category", "owner", "asset"])
def test_unknown_id_is_reported(api, viewer, name):
    unknown = "01900000-0000-7000-8000-000000000000"
    response = api(viewer).get(f"{URL}stats/?{name}={unknown}")
    assert response.status_code == 400
    assert f"no such {name}" in response.json()["errors"][0]["detail"]


def test_other_organizations_are_unknown(api, viewer, other_organization):
    category = make_category(other_organization)
    make_risk(other_organization, category=category, inherent_likelihood=5, inherent_impact=5)
    assert api(viewer).get(f"{URL}stats/?category={category.pk}").status_code == 400
    assert api(viewer).get(f"{URL}stats/").json()["open"] is None


def test_day_before_the_register_began_is_refused(api, viewer, organization):
    make_risk(organization)
    response = api(viewer).get(f"{URL}matrix/?as_of=2001-01-01")
    assert response.status_code == 400
    assert f"begins on {TODAY}" in response.json()["errors"][0]["detail"]


def test_an_empty_register_is_not_measured(api, viewer):
    figures = api(viewer).get(f"{URL}executive/").json()
    assert figures["measured"] is False
    assert "empty" in figures["headline"]
    assert {figures["stats"][name] for name in ("total", "open", "exposure")} == {None}
    assert figures["compliance"]["results"] == []


def test_login_is_needed(api, db):
    assert api().get(f"{URL}stats/").status_code == 401
