"""The client that openapi-python-client makes of the committed schema."""

import subprocess
import sys
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from tests.clients.routes import SCHEMA

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
PACKAGE = "openrisk_client"
GENERATOR = Path(sys.executable).with_name("openapi-python-client")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The generated package, imported by its name until the module's tests are done."""
    folder = tmp_path_factory.mktemp("python")
    done = subprocess.run(
        [
            *(GENERATOR, "generate", "--path", SCHEMA, "--fail-on-warning"),
            *("--config", Path(__file__).with_name("openapi-python-client.yaml")),
            *("--meta", "none", "--output-path", folder / PACKAGE),
        ],
        env={"PATH": str(GENERATOR.parent)},  # it formats with the ruff that it finds there
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield import_module(PACKAGE)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def client(package, running):
    """It refuses answers that the schema does not describe."""
    return package.AuthenticatedClient(
        base_url=running.url,
        token=running.token,
        prefix="Token",
        raise_on_unexpected_status=True,
    )


def operation(route):
    """The generated module of a route."""
    tag, name = route.operation["tags"][0], route.name
    return import_module(f"{PACKAGE}.api.{tag.replace('-', '_')}.{name}")


def typed_arguments(route):
    """What the generated function takes, in its types: ids, days, choices."""
    types = operation(route)._get_kwargs.__annotations__
    return {
        name: date.fromisoformat(text) if types[name] is date else types[name](text)
        for name, text in {**route.path, **route.query}.items()
    }


def test_every_get_route_is_read_into_its_type(client, running):
    problem = import_module(f"{PACKAGE}.models").Problem
    for route in running.routes:
        response = operation(route).sync_detailed(client=client, **typed_arguments(route))
        assert response.status_code == 200, (route.url, response.content)
        assert response.parsed is not None, route.url
        assert not isinstance(response.parsed, problem), route.url


def test_risk_is_written_and_changed_in_bulk(client):
    models = import_module(f"{PACKAGE}.models")
    api = f"{PACKAGE}.api.risks"
    made = import_module(f"{api}.risks_create").sync(
        client=client, body=models.RiskRequest(title="Typed", tags=["client"])
    )
    operations = [
        models.UpdateOperationRequest(
            op=models.UpdateOperationOpEnum("update"),
            id=made.id,
            version=made.version,
            data=models.PatchedRiskRequest(title="Changed"),
        )
    ]
    result = import_module(f"{api}.risks_bulk_create").sync(
        client=client, body=models.BulkRequest(operations=operations)
    )
    assert (result.applied, result.results[0].data.reference) == (1, made.reference)


def test_refusal_is_a_problem(client, running):
    [risks] = [route for route in running.routes if route.name == "risks_retrieve"]
    response = operation(risks).sync_detailed(
        client=client, id="00000000-0000-0000-0000-000000000000"
    )
    assert (response.status_code, response.parsed.code) == (404, "not_found")
