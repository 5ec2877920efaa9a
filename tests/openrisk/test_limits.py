"""What people write has a length, for a reason, on every path."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from openpyxl import load_workbook

from openrisk.limits import EXTRA_VALUES, LONG_TEXT
from risks.models import Risk
from risks.registers import upload
from risks.services.risks import update_risk
from tests.risks.admin.forms import change, page
from tests.risks.factories import make_risk

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
LONG, TOO_LONG, OLD = "x" * LONG_TEXT, "x" * (LONG_TEXT + 1), "x" * 40_000
BOUNDED = ("maxLength", "enum", "const")
BOUNDED_FORMATS = ("uuid", "date", "date-time", "binary", "decimal")


def texts(schema, name):
    """(name, description of it) of every text in a schema of what is sent."""
    kinds = schema.get("type")
    if "string" in (kinds if isinstance(kinds, list) else [kinds]):
        yield name, schema
    for key, part in schema.get("properties", {}).items():
        yield from texts(part, f"{name}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from texts(schema[key], f"{name}.{key}")


def test_every_text_that_can_be_sent_has_a_length_and_its_reason():
    schemas = json.loads(SCHEMA.read_text())["components"]["schemas"]
    for name in schemas:
        for place, text in texts(schemas[name], name) if name.endswith("Request") else ():
            bounded = any(key in text for key in BOUNDED) or text.get("format") in BOUNDED_FORMATS
            assert bounded or "readOnly" in text, place
            assert "maxLength" not in text or "At most" in text["description"], place


def old_risk(organization):
    """From before there was a limit."""
    risk = make_risk(organization, extra={"old": "1"})
    Risk.objects.filter(pk=risk.pk).update(description=OLD)
    return Risk.objects.get()


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("risks", "description"),
        ("assets", "description"),
        ("categories", "description"),
        ("frameworks", "description"),
        ("controls", "text"),
        ("findings", "description"),
        ("mitigations", "description"),
        ("acceptances", "justification"),
        ("acceptances", "conditions"),
    ],
)
def test_the_api_points_at_what_is_too_long(api, admin, url, field):
    response = api(admin).post(f"/api/v1/{url}/", {field: TOO_LONG})
    codes = {error["pointer"]: error["code"] for error in response.json()["errors"]}
    assert (response.status_code, codes[f"/{field}"]) == (400, "max_length")


def test_as_much_as_is_allowed_is_taken(api, admin):
    response = api(admin).post("/api/v1/risks/", {"title": "New", "description": LONG})
    assert (response.status_code, response.json()["description"]) == (201, LONG)


@pytest.mark.parametrize(
    "extra",
    [
        {"a": TOO_LONG},
        {"n" * 256: "1"},
        {str(n): "1" for n in range(EXTRA_VALUES + 1)},
        {str(n): LONG for n in range(3)},
    ],
)
def test_extra_values_have_lengths_a_number_and_a_sum(api, admin, extra):
    assert api(admin).post("/api/v1/risks/", {"title": "New", "extra": extra}).status_code == 400


def test_services_refuse_it_too(organization):
    with pytest.raises(ValidationError) as refusal:
        make_risk(organization, description=TOO_LONG)
    assert list(refusal.value.message_dict) == ["description"]


def test_an_older_text_stays_while_the_rest_is_changed(api, admin, organization):
    risk, client = old_risk(organization), api(admin)
    assert client.patch(f"/api/v1/risks/{risk.pk}/", {"title": "New"}).status_code == 200
    longer = client.patch(f"/api/v1/risks/{risk.pk}/", {"description": OLD + "x"})
    assert longer.status_code == 400
    assert client.get(f"/api/v1/risks/{risk.pk}/").json()["description"] == OLD


def test_the_admin_keeps_an_older_text_and_takes_no_longer_one(client, admin, organization):
    risk = old_risk(organization)
    client.force_login(admin)
    assert change(client, risk, title="New").status_code == 302
    assert "at most" in client.post(page(risk), {"description": OLD + "x"}).content.decode()
    assert Risk.objects.get().description == OLD


def test_the_page_refuses_a_text_that_is_too_long(client, analyst, organization):
    client.force_login(analyst)
    answer = client.post(
        f"/o/{organization.slug}/risks/new/", {"title": "New", "description": TOO_LONG}
    )
    assert "at most 20000 characters" in answer.content.decode()
    assert not Risk.objects.exists()


@pytest.mark.parametrize("column", ["Description", "Colour"])
def test_an_import_says_which_row_is_too_long(organization, admin, column):
    run = upload.upload_register(
        actor=admin,
        organization=organization,
        file=BytesIO(f"Title,{column}\nTheft,{TOO_LONG}\nFraud,short\n".encode()),
        file_name="register.csv",
    )
    actions = dict(run.rows.filter(model="risks.risk").values_list("row_number", "action"))
    [error] = run.rows.get(row_number=2, model="risks.risk").errors
    assert list(actions.values()) == ["error", "create"]
    assert "20,001 characters" in error["reason"]


def test_an_older_text_is_cut_in_a_workbook_and_whole_in_csv(api, admin, organization):
    old_risk(organization)
    client = api(admin)
    book = load_workbook(BytesIO(b"".join(client.get("/api/v1/risks/export/?file_format=xlsx"))))
    header, row = book.active.values
    cell = dict(zip(header, row, strict=True))["description"]
    assert cell.endswith("[cut: 40,000 characters; the export as CSV has them all]")
    assert OLD.encode() in b"".join(client.get("/api/v1/risks/export/"))


def test_many_different_words_are_no_outage(api, admin, organization):
    """The search index of PostgreSQL takes a megabyte of them; the limit is far below."""
    words = " ".join(f"{n:x}" for n in range(4000))[:LONG_TEXT].strip()
    risk = make_risk(organization)
    assert update_risk(actor=admin, instance=risk, description=words).description == words


@pytest.mark.postgres
def test_more_than_the_database_can_index_is_a_bad_request(api, admin, organization, monkeypatch):
    """A text search of the database has a limit too."""
    risk = make_risk(organization)
    words = " ".join(f"word{n}" for n in range(200_000))
    monkeypatch.setattr(
        "risks.services.risks.decision_basis_of", lambda risk: _overfill(risk, words)
    )
    response = api(admin).patch(f"/api/v1/risks/{risk.pk}/", {"title": "New"})
    assert response.status_code == 400
    assert "Shorten it" in response.json()["errors"][0]["detail"]


def _overfill(risk, words):
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_tsvector('simple', %s)", [words])
