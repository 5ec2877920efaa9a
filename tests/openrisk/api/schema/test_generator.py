"""The committed OpenAPI schema is the one that the code has."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from openrisk.api.schema import view as schema_view
from openrisk.api.schema.view import SchemaView

pytestmark = pytest.mark.once
COMMITTED = Path(__file__).resolve().parents[4] / "docs" / "openapi.json"


def test_committed_schema_is_current(db):
    out = StringIO()
    call_command(
        "spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn", stdout=out
    )
    assert json.loads(out.getvalue()) == json.loads(COMMITTED.read_text()), "run `make schema`"


def test_schema_and_documentation_are_open_and_need_nothing_from_outside(client, db):
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert b"https://" not in page.content


def test_it_is_made_once_whoever_asks(client, monkeypatch):
    made = []
    make = SchemaView._make

    def counted(view, request, *args, **kwargs):
        made.append(request.accepted_renderer.media_type)
        return make(view, request, *args, **kwargs)

    monkeypatch.setattr(SchemaView, "_make", counted)
    monkeypatch.setattr(schema_view, "_rendered", {})
    as_json = {"HTTP_ACCEPT": "application/vnd.oai.openapi+json"}
    bodies = {client.get("/api/schema/", **as_json).content for _ in range(3)}
    assert len(bodies) == 1
    assert json.loads(bodies.pop()) == json.loads(COMMITTED.read_text())
    client.get("/api/schema/?lang=de")
    client.get("/api/schema/?lang=fr")
    assert sorted(made) == ["application/vnd.oai.openapi", "application/vnd.oai.openapi+json"]


def test_who_has_it_gets_no_second_one(client):
    first = client.get("/api/schema/")
    again = client.get("/api/schema/", HTTP_IF_NONE_MATCH=first["ETag"])
    other = client.get("/api/schema/", HTTP_IF_NONE_MATCH='"another"')
    assert [first.status_code, again.status_code, other.status_code] == [200, 304, 200]
    assert again.content == b""


def test_each_body_has_its_limit_in_it():
    operations = json.loads(COMMITTED.read_text())["paths"]
    login, upload = operations["/api/v1/auth/login/"], operations["/api/v1/imports/"]
    assert login["post"]["requestBody"]["description"] == "At most 64 kB"
    assert upload["post"]["requestBody"]["description"] == "At most 21 MB"
