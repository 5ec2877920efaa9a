"""Figures as files hold the same values as the API."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from risks.models import Category
from tests.risks.factories import make_risk

pytestmark = [
    pytest.mark.once,  # the figures are those of the API
    pytest.mark.usefixtures("seeded"),
]
URL = "/api/v1/dashboards/"
TODAY = timezone.now().date()
PARAMETERS = {
    "stats": {"period": "90d"},
    "matrix": {"kind": "inherent"},
    "timeline": {"days": 30},
    "top-risks": {"limit": 20},
    "breakdown": {"by": "category"},
    "mitigations": {},
    "movement": {"since": TODAY - timedelta(days=90)},
    "compliance": {},
    "appetite": {},
}


def rows_of_csv(response):
    assert response.status_code == 200, response.content
    return list(csv.DictReader(StringIO(b"".join(response).decode("utf-8-sig"))))


def sheets_of(response):
    assert response.status_code == 200, response.content
    book = load_workbook(BytesIO(b"".join(response)))
    return {sheet.title: [list(row) for row in sheet.values] for sheet in book}


@pytest.fixture
def files(reader):
    """`files("stats", "csv", period="7d")`: what the file holds."""

    def read(figure, file_format, **parameters):
        parameters["file_format"] = file_format
        response = reader.get(f"{URL}{figure}/export/", parameters)
        return rows_of_csv(response) if file_format == "csv" else sheets_of(response)

    return read


def text(value):
    return "" if value is None else str(value)


@pytest.fixture
def appetites(demo):
    Category.objects.filter(organization=demo).update(appetite=9)


@pytest.mark.parametrize("figure", PARAMETERS)
def test_csv_and_xlsx_hold_the_same(files, appetites, figure):
    rows = files(figure, "csv", **PARAMETERS[figure])
    header, *others = next(iter(files(figure, "xlsx", **PARAMETERS[figure]).values()))
    assert list(rows[0]) == header
    assert others
    as_numbers = [[str(number(value)) for value in row.values()] for row in rows]
    assert as_numbers[: len(others)] == [[str(number(value)) for value in row] for row in others]


def number(value):
    """20.00 and 20 are the same."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return "" if value is None else str(value).removesuffix(" 00:00:00")


def test_statistics(ask, files):
    stats = ask("stats", period="90d")
    rows = {row["figure"]: row for row in files("stats", "csv", period="90d")}
    for name, value in stats["by_level"].items():
        row = rows[name if name == "not_assessed" else f"level_{name}"]
        assert (row["value"], row["change"]) == (
            text(value),
            text(stats["change"]["by_level"][name]),
        )
    for name, value in stats["by_status"].items():
        assert rows[f"status_{name}"]["value"] == text(value)
    rest = rows.keys() & stats.keys()
    assert rest >= {"total", "new", "exposure", "overdue_mitigations", "mean_days_to_mitigate"}
    assert {name: rows[name]["value"] for name in rest} == {n: text(stats[n]) for n in rest}
    assert (rows["exposure"]["label"], rows["exposure"]["unit"]) == ("Exposure", "points")


@pytest.mark.parametrize(
    ("figure", "inside"),
    [
        ("matrix", "cells"),
        ("timeline", "days"),
        ("top-risks", "results"),
        ("breakdown", "results"),
        ("compliance", "results"),
        ("appetite", "results"),
    ],
)
def test_rows_are_those_of_the_api(ask, files, appetites, figure, inside):
    answer = ask(figure, **PARAMETERS[figure])[inside]
    rows = files(figure, "csv", **PARAMETERS[figure])
    assert answer
    for given, row in zip(answer, rows[: len(answer)], strict=True):
        flat = given | given.get("by_status", {})
        assert row == {name: text(flat[name]) for name in row}


def test_mitigations(ask, files):
    answer = ask("mitigations")
    rows = {(row["section"], row["name"]): row["value"] for row in files("mitigations", "csv")}
    assert rows["all", "total"] == text(answer["total"])
    for part in ("by_status", "due", "actions"):
        assert {name: text(value) for name, value in answer[part].items()} == {
            name: value for (section, name), value in rows.items() if section == part
        }
    last = answer["burn_down"][-1]
    assert rows["burn_down_open", last["date"]] == text(last["open"])
    burn_down = files("mitigations", "xlsx")["Burn-down"]
    assert burn_down[-1][1:] == [last["open"], last["done"]]


def test_movement(ask, files):
    parameters = PARAMETERS["movement"]
    answer, rows = ask("movement", **parameters), files("movement", "csv", **parameters)
    counts = {way: sum(row["way"] == way for row in rows) for way in answer["counts"]}
    assert counts == answer["counts"]
    given = {risk["reference"]: risk for risk in answer["entered"]}
    row = next(row for row in rows if row["way"] == "entered")
    risk = given[row["reference"]]
    assert row["title"] == risk["title"]
    assert row["after"].startswith(risk["status_after"])
    assert all(reason["comment"] in row["reasons"] for reason in risk["reasons"])


def test_executive_export_has_a_sheet_for_each_figure(ask, files):
    sheets = files("executive", "xlsx", period="7d")
    assert list(sheets) == [
        *("Headline", "Stats", "Matrix", "Timeline", "Top risks"),
        *("Mitigations", "Burn-down", "Appetite", "Compliance"),
    ]
    assert sheets["Headline"][1][1] == ask("executive", period="7d")["headline"]


def test_past_day_is_in_the_file_and_its_name(reader, ask):
    day = TODAY - timedelta(days=60)
    response = reader.get(f"{URL}stats/export/", {"as_of": day})
    assert f'filename="stats-demo-{day}.csv"' in response["Content-Disposition"]
    rows = {row["figure"]: row["value"] for row in rows_of_csv(response)}
    assert rows["open"] == text(ask("stats", as_of=day)["open"])


def test_titles_are_not_calculated_by_a_spreadsheet(api, viewer, organization):
    title = "=HYPERLINK(0)"
    make_risk(organization, title=title, inherent_likelihood=5, inherent_impact=5)
    for figure, parameters in (
        ("top-risks", {}),
        ("movement", {"since": TODAY - timedelta(days=1)}),
    ):
        url = f"{URL}{figure}/export/"
        [row] = rows_of_csv(api(viewer).get(url, parameters))
        assert row["title"] == f"'{title}"
        [sheet] = sheets_of(api(viewer).get(url, {**parameters, "file_format": "xlsx"})).values()
        assert f"'{title}" in sheet[1]


@pytest.mark.parametrize(
    ("asked", "parameter", "says"),
    [
        ("stats/export/?file_format=pdf", "file_format", "Write csv or xlsx."),
        ("stats/export/?colour=red", "colour", "period, file_format."),
        ("stats/export/?period=8d", "period", "not a valid choice"),
        ("stats/export/?as_of=2999-01-01", "as_of", "in the future"),
        ("breakdown/export/?file_format=csv", "by", "required"),
        ("top-risks/export/?limit=0", "limit", "1"),
        ("executive/export/?file_format=csv", "file_format", "Write xlsx."),
        ("stats/?file_format=csv", "file_format", "Known ones"),
    ],
)
def test_bad_parameter_is_explained(api, viewer, asked, parameter, says):
    response = api(viewer).get(URL + asked, headers={"Accept": "text/csv, application/json"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    [error] = response.json()["errors"]
    assert error["parameter"] == parameter
    assert says in error["detail"]


def test_an_empty_register_is_a_file_without_values(api, viewer):
    rows = rows_of_csv(api(viewer).get(f"{URL}stats/export/"))
    assert {row["value"] for row in rows} == {""}
    response = api(viewer).get(f"{URL}executive/export/")  # the one format that it has
    assert "empty" in sheets_of(response)["Headline"][1][1]


def test_login_is_needed(api, db):
    assert api().get(f"{URL}stats/export/").status_code == 401
