"""The committed OpenAPI schema is the one that the code has."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.once
COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"


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
