"""Measure how fast the register is.

`python -m tests.proofs.benchmarks.register [--rows 100000] [--runs 15]`

Starts a private PostgreSQL, fills it with demo data and sends requests through the whole WSGI
application in this process: what is measured is server time, with middleware, authentication,
queries and JSON. Writes `docs/data/register.json`, which `make report` shows.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deployment.local.servers import postgres
from tests.proofs.benchmarks import report

ROOT = Path(__file__).resolve().parents[3]
WARM_UP = 3
BARE_URL = "/bare/"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openrisk-bench-") as folder, postgres() as server:
        os.environ |= {
            "DATABASE_URL": server.url,
            "CACHE_BACKEND": "none",  # what is measured is the register, not the cache
            "VAR_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "openrisk.settings",
        }
        results = measure(options.rows, options.runs, Path(folder))
    data = ROOT / "docs" / "data" / "register.json"
    data.write_text(json.dumps(results, indent=1) + "\n")
    print(f"Wrote {data.relative_to(ROOT)}: `make report` shows it", file=sys.stderr)
    return 3 if report.missed(results) else 0


def measure(rows: int, runs: int, folder: Path) -> dict[str, Any]:
    import django

    django.setup()
    import logging

    from django.core.management import call_command
    from django.db import connection

    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)
    seconds = seed(rows)
    client = prepare_client()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0].split()[0]
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "rows": rows,
        "runs": runs,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "python": platform.python_version(),
        "django": django.__version__,
        "postgresql": version,
        "seed_seconds": round(seconds, 1),
        "bare": bare_view(client, runs),
        "requests": [timed(client, label, url, runs) for label, url in urls(client)],
        "export": export(folder),
    }


def seed(rows: int) -> float:
    start = time.perf_counter()
    command = [sys.executable, "manage.py", "seed_demo", "--risks", str(rows)]
    command += ["--organizations", "1", "--seed", "1"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    return time.perf_counter() - start


def prepare_client() -> Any:
    from django.conf import settings
    from django.test import Client

    from openrisk.accounts.credentials.tokens import create_token
    from openrisk.accounts.models import Organization, User

    settings.ALLOWED_HOSTS.append("testserver")
    organization = Organization.objects.get(slug="demo")
    user = User.objects.filter(memberships__organization=organization).first()
    _, secret = create_token(user=user, organization=organization)
    return Client(headers={"authorization": f"Token {secret}"})


def urls(client: Any) -> Iterator[tuple[str, str]]:
    """Every order and filter that the risk list offers, searches, paging, and one risk."""
    from risks.api.filters import RiskFilterSet
    from risks.querysets import RISK_ORDERS

    base = "/api/v1/risks/"
    yield "first page", base
    yield "first page of 200", f"{base}?page_size=200"
    for name in RISK_ORDERS:
        yield f"order {name}", f"{base}?ordering={name}"
        yield f"order -{name}", f"{base}?ordering=-{name}"
    row = client.get(f"{base}?ordering=-priority&status=in_treatment").json()["results"][0]
    for name in RiskFilterSet.base_filters:
        for value in values(name, row):
            yield f"filter {name}={value}"[:60], f"{base}?{name}={value}"
    for words in ("supplier", "mailbox", "zzzz", "R-0042"):
        yield f"search {words}", f"{base}?search={words.replace(' ', '+')}"
    yield "search supplier, by priority", f"{base}?search=supplier&ordering=-priority"
    last = max(1, client.get(base).json()["count"] // 25)
    yield "page 1,000 by number", f"{base}?page={min(1000, last)}"
    for order in ("reference", "-priority", "title"):
        first = f"{base}?cursor=&ordering={order}"
        yield f"cursor, page 1, by {order}", first
        yield f"cursor, page 1,000, by {order}", nth_page(client, first, 1000)
    yield from figures()
    yield "one risk", f"{base}{row['id']}/"
    yield "its transitions", f"{base}{row['id']}/transitions/"
    yield "its history", f"{base}{row['id']}/history/"


def figures() -> Iterator[tuple[str, str]]:
    """Every figure of the dashboards, now and as of a past day."""
    base = "/api/v1/dashboards/"
    past = datetime.now(UTC).date() - timedelta(days=report.PAST_DAYS)
    for name in (
        "stats/",
        "matrix/",
        "matrix/?kind=inherent",
        "top-risks/",
        *(f"breakdown/?by={by}" for by in ("category", "owner", "asset", "status", "treatment")),
        "timeline/?days=365",
        "mitigations/",
        f"movement/?since={past + timedelta(days=70)}",
        "compliance/",
        "appetite/",
        "executive/",
    ):
        label = name.replace("/", "").replace("?", " ")
        yield f"figure {label}", base + name
        sign = "&" if "?" in name else "?"
        if not name.startswith("movement"):
            yield f"past {label}", f"{base}{name}{sign}as_of={past}"


def values(name: str, row: dict[str, Any]) -> list[str]:
    """Values for a filter: those of a row of the register, so that something is found."""
    field, _, lookup = name.partition("__")
    if lookup == "isnull" or field in ("open", "review_overdue"):
        return ["true", "false"]
    if field in ("tag", "asset", "control"):
        found = row[f"{field}s"]
        return [str(found[0]) if found else {"tag": "none"}.get(field, row["id"])]
    value = row.get(field)
    if field.endswith("_since"):
        return [str(datetime.now(UTC).date() - timedelta(days=30))]
    if field.endswith("_at"):
        return [(value or "2026-01-01")[:10]]
    if value in (None, ""):
        ids = {"category", "owner", "assignee", "reviewer"}
        words = {"treatment": "mitigate", "source_name": "none", "external_id": "none"}
        level = "high" if field.endswith("level") else "3"
        return [row["id"] if field in ids else words.get(field, level)]
    return [str(value)]


def nth_page(client: Any, url: str, number: int) -> str:
    for _ in range(number - 1):
        following = client.get(url).json()["next"]
        if following is None:  # a small register has fewer pages
            return url
        url = following
    return url


def timed(client: Any, label: str, url: str, runs: int) -> dict[str, Any]:
    """Median and 95th percentile of server time in ms, and the queries of one request."""
    from django.db import connection

    for _ in range(WARM_UP):
        response = client.get(url)
        assert response.status_code == 200, (url, response.content[:200])
    samples = sorted(_milliseconds(lambda: client.get(url)) for _ in range(runs))
    queries: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        client.get(url)
    listed = response["Content-Type"] == "application/json" and "?" in url
    found = response.json().get("count") if listed else None
    return {
        "label": label,
        "median_ms": round(statistics.median(samples), 1),
        "p95_ms": round(samples[int(0.95 * (len(samples) - 1))], 1),
        "queries": len(queries),
        "found": found,
        "bytes": len(response.content),
    }


def _milliseconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def bare_view(client: Any, runs: int) -> dict[str, Any]:
    """A Django view that returns the first page's bytes, ready made, under the same middleware."""
    from django.http import HttpResponse
    from django.urls import path

    from openrisk import urls as project

    body = client.get("/api/v1/risks/").content
    project.urlpatterns.insert(0, path(BARE_URL[1:], lambda request: HttpResponse(body)))
    return timed(client, "bare view", BARE_URL, runs)


def export(folder: Path) -> dict[str, Any]:
    """Time and peak memory of a process that exports the whole register to CSV."""
    target = folder / "register.csv"
    command = [sys.executable, "manage.py", "risks_export", "--organization", "demo"]
    command += ["--output", str(target)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, "risks_export failed"
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "peak_rss_mb": round(usage.ru_maxrss / 1024),
        "file_mb": round(target.stat().st_size / 2**20, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
