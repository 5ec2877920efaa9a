"""Cost of the pages of a large register: `python -m tests.proofs.benchmarks.pages [--keep]`.

Fills PostgreSQL with a demo of 100,000 risks and as many findings, then asks for each page as a
manager: the time of the server in milliseconds and the number of queries, without the response
cache and with it. Then it previews, applies and undoes a change of 10,000 risks, and one of 10,000
findings. `--keep` writes docs/data/pages.json and docs/page-speed.md. The exit code is 1 if a
target is missed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any

from deployment.local.calibration import measure_slowness
from deployment.local.files import ROOT
from deployment.local.servers import postgres, stops_on_sigterm

RISKS = 100_000
CHANGED = 10_000
ROUNDS = 7
COLD, QUERIES, PREVIEW, CHANGE = 40, 12, 100, 5_000  # targets: ms, number, ms, ms
PAGES = {
    "Overview": "/o/{slug}/",
    "My work": "/o/{slug}/dashboards/analyst/",
    "Risks": "/o/{slug}/risks/",
    "Risks, filtered and sorted": "/o/{slug}/risks/?status=assessed&ordering=next_review_at",
    "Risks, last page": "/o/{slug}/risks/?page={last_page}",
    "Risks by status": "/o/{slug}/risks/board/",
    "A risk": "/o/{slug}/risks/{reference}/",
    "Form of a risk": "/o/{slug}/risks/{reference}/edit/",
    "Treatment": "/o/{slug}/treatment/",
    "Acceptances": "/o/{slug}/acceptances/",
    "Queue of reviews": "/o/{slug}/queues/reviews/",
    "Search": "/o/{slug}/search/?q=supplier",
    "Findings": "/o/{slug}/findings/",
    "Findings, filtered": "/o/{slug}/findings/?state=open&severity=high&known_exploited=true",
    "A finding": "/o/{slug}/findings/{finding}/",
    "Rules for findings": "/o/{slug}/findings/rules/",
    "Assets": "/o/{slug}/assets/",
    "An asset": "/o/{slug}/assets/{asset}/",
    "Controls": "/o/{slug}/controls/",
    "A control": "/o/{slug}/controls/{control}/",
    "Coverage of risks by controls": "/o/{slug}/controls/coverage/",
    "Imports": "/o/{slug}/imports/",
    "Reports": "/o/{slug}/reports/",
    "Settings": "/o/{slug}/settings/",
    "Files": "/o/{slug}/files/",
    "Boards": "/o/{slug}/dashboards/",
    "Marketplace": "/o/{slug}/marketplace/",
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the pages of a large register.")
    parser.add_argument("--keep", action="store_true", help="write docs/data/pages.json")
    parser.add_argument("--risks", type=int, default=RISKS)
    options = parser.parse_args()
    with (
        stops_on_sigterm(),
        tempfile.TemporaryDirectory(prefix="openrisk-pages-") as folder,
        postgres() as database,
    ):
        os.environ |= {
            "DATABASE_URL": database.url,
            "VAR_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "openrisk.settings",
            "CACHE_BACKEND": "memory",
        }
        results = measure(options.risks)
    text = describe(results)
    print(text)
    if options.keep:
        (ROOT / "docs" / "data" / "pages.json").write_text(json.dumps(results, indent=1) + "\n")
        (ROOT / "docs" / "page-speed.md").write_text(text)
    return 1 if results["missed"] else 0


def measure(risks: int) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    print(f"Creating {risks:,} risks ...", file=sys.stderr)
    call_command("seed_demo", risks=risks, organizations=1, seed=1)
    add_findings(risks)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    from risks.models import Risk

    risk = Risk.objects.filter(mitigations__isnull=False).order_by("number").first()
    manager = create_manager(risk.organization)
    pages = list(measure_pages(manager, risk))
    changes = list(measure_changes(manager, risk.organization))
    missed = [page["page"] for page in pages if page["cold"] > COLD or page["queries"] > QUERIES]
    missed += [
        f"{name} {change['change']}"
        for change in changes
        for name, limit in (("preview", PREVIEW), ("apply", CHANGE))
        if change[name] > limit
    ]
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "slowness": round(measure_slowness(), 2),
        "risks": risks,
        "pages": pages,
        "changes": changes,
        "missed": missed,
    }


def add_findings(number: int) -> None:
    """Add copies of the demo's findings, with places of their own, until there are so many."""
    from django.db import connection

    from risks.models import Finding

    columns = {field.column for field in Finding._meta.concrete_fields}
    columns -= {"id", "fingerprint", "location", "proposal_id"}
    names = ", ".join(sorted(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO risks_finding (id, fingerprint, location, {names}) "  # noqa: S608  our own
            "SELECT gen_random_uuid(), md5(fingerprint || copy), location || ':' || copy, "
            f"{names} FROM risks_finding, generate_series(1, %s) copy",
            [number // Finding.objects.count()],
        )


def create_manager(organization: Any) -> Any:
    from openrisk.accounts.members.memberships import set_role
    from openrisk.accounts.models import Role, User

    manager = User.objects.create_user("manager@example.net", "a long password", name="A manager")
    set_role(user=manager, organization=organization, role=Role.MANAGER)
    return manager


def measure_pages(manager: Any, risk: Any) -> Iterator[dict[str, Any]]:
    """Yield the median times of each page in milliseconds, and its queries without the cache."""
    from django.db import connection
    from django.test import Client, override_settings

    from risks.models import Asset, Control, Finding, Risk

    queries: list[str] = []

    def count_query(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        queries.append(sql)
        return execute(sql, params, many, context)

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(manager)
    values = {
        "slug": risk.organization.slug,
        "reference": risk.reference,
        "last_page": Risk.objects.count() // 25,
        "finding": Finding.objects.exclude(asset=None).first().pk,
        "asset": risk.assets.first().pk if risk.assets.exists() else Asset.objects.first().pk,
        "control": Control.objects.first().pk,
    }
    for name, pattern in PAGES.items():
        address = pattern.format(**values)
        ask = partial(client.get, address)
        answer = ask()  # loads the templates
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}.")
        with override_settings(CACHE_BACKEND="none"):
            with connection.execute_wrapper(count_query):
                queries.clear()
                ask()
            cold = median(milliseconds(ask) for _ in range(ROUNDS))
        warm = median(milliseconds(ask) for _ in range(ROUNDS))
        yield {"page": name, "cold": cold, "warm": warm, "queries": len(queries)}


def milliseconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return round((time.perf_counter() - began) * 1000, 1)


def measure_changes(manager: Any, organization: Any) -> Iterator[dict[str, Any]]:
    """Yield the milliseconds of another owner for many risks, and of closing many findings."""
    from risks.models import Finding, Risk

    risks = Risk.objects.for_organization(organization)
    first = list(risks.order_by("number").values_list("number", flat=True)[:CHANGED])
    chosen = risks.filter(number__lte=first[-1])
    yield measure_change(manager, "owner of risks", "owner", str(manager.pk), chosen)
    findings = Finding.objects.for_organization(organization).filter(state="open")
    first = list(findings.order_by("pk").values_list("pk", flat=True)[:CHANGED])
    open_ones = findings.filter(pk__lte=first[-1])
    yield measure_change(manager, "state of findings", "false_positive", None, open_ones)


def measure_change(manager: Any, name: str, kind: str, value: Any, rows: Any) -> dict[str, Any]:
    from risks.services.bulk_changes.lifecycle import (
        begin_change,
        begin_undo,
        preview_change,
        run_batches,
    )

    def preview() -> Any:
        return preview_change(
            actor=manager,
            organization=manager.memberships.get().organization,
            kind=kind,
            value=value,
            rows=rows,
            comment="Measured",
        )

    preview()
    previews = median(milliseconds(preview) for _ in range(ROUNDS))
    change = preview()

    def apply() -> None:
        begun = begin_change(
            actor=manager, change=change, digest=change.digest, leave_out_refused=True
        )
        run_batches(begun)

    applied = milliseconds(apply)
    change.refresh_from_db()
    undone = milliseconds(lambda: run_batches(begin_undo(actor=manager, change=change)))
    return {
        "change": name,
        "rows": change.total,
        "preview": previews,
        "apply": applied,
        "undo": undone,
    }


def describe(results: dict[str, Any]) -> str:
    """Return the figures as a page of the documents."""
    rows = "\n".join(
        f"| {page['page']} | {page['cold']} | {page['warm']} | {page['queries']} |"
        for page in results["pages"]
    )
    changes = "\n".join(
        f"| {change['change']} | {change['rows']:,} | {change['preview']:,} | {change['apply']:,} "
        f"| {change['undo']:,} |"
        for change in results["changes"]
    )
    missed = ", ".join(results["missed"]) or "none"
    return f"""# Speed of the pages

Measured on {results["measured_on"]} by `python -m tests.proofs.benchmarks.pages --keep`: one
process, PostgreSQL on the same machine, a demo of {results["risks"]:,} risks and as many findings,
a manager who is logged in. Milliseconds of the server, the median of {ROUNDS}. The machine was
{results["slowness"]} times as slow as the one that the targets are meant for.

Targets: {COLD} ms and {QUERIES} queries without the response cache, {PREVIEW} ms for a preview of
{CHANGED:,} rows, {CHANGE / 1000:.0f} s for the change. Missed: {missed}.

| page | without cache | with cache | queries without cache |
|---|---|---|---|
{rows}

| bulk change | rows | preview, ms | apply, ms | undo, ms |
|---|---|---|---|---|
{changes}
"""


if __name__ == "__main__":
    sys.exit(main())
