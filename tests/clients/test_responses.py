"""What every GET route answers is what the committed schema says it answers."""

import jsonschema
import pytest
from jsonschema import Draft202012Validator

from tests.clients.routes import routes, schema, seed


@pytest.fixture
def client(api, organization, admin):
    """Of a superuser who is a member too: alerts are shown to nobody else."""
    admin.is_superuser = True
    admin.save()
    return api(admin)


def test_every_get_route_answers_by_the_schema(client, organization, admin):
    document = schema()
    faults = []
    for route in routes(seed(organization, admin)):
        response = client.get(route.url, route.query)
        kind = response["Content-Type"].partition(";")[0]
        contents = route.operation["responses"].get(str(response.status_code), {}).get("content")
        assert response.status_code == 200, (route.url, response.content)
        assert {kind, "*/*"} & contents.keys(), (route.url, kind)
        if kind == "application/json":
            faults += _faults(document, contents[kind]["schema"], route, response.json())
    assert faults == []


def _faults(document, described, route, answer):
    validator = Draft202012Validator(
        {**described, "components": document["components"]},
        format_checker=jsonschema.FormatChecker(),
    )
    return [
        f"{route.template}{error.json_path}: {error.message[:200]}"
        for error in validator.iter_errors(answer)
    ]


def test_no_choice_is_empty_and_nothing_is_offered_twice():
    for template, methods in schema()["paths"].items():
        for method, operation in methods.items():
            names = [(p["name"], p["in"]) for p in operation.get("parameters", [])]
            assert len(names) == len(set(names)), (template, method)
            for parameter in operation.get("parameters", []):
                assert parameter["schema"].get("enum", ["one"]), (template, parameter["name"])


def test_only_uploads_take_forms():
    forms = {
        template
        for template, methods in schema()["paths"].items()
        for operation in methods.values()
        if set(operation.get("requestBody", {}).get("content", ())) - {"application/json"}
    }
    assert forms == {
        "/api/v1/attachments/",
        "/api/v1/imports/",
        "/api/v1/marketplace/apps/{id}/sync/",
        "/api/v1/marketplace/packs/",
    }
