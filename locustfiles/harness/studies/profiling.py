"""Where the time of a request goes: `python -m locustfiles.harness.studies.profiling LABEL`.

Asks the whole application in this process, with a profiler and without, for what costs most: pages
and API cold, then pages again, as far as parts of them are kept, and hits. Kept under the label in
`docs/data/profile.json`, so that two versions of OpenRisk can be compared: run it in a checkout of
each, with `--into` the file of one of them, and in turns: under a label that is there, what took
least is kept, for the speed of a machine swings by more than versions differ. Another version
takes another label, or a file of its own.
"""

import argparse
import cProfile
import json
import os
import pstats
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

from deployment.local.files import ROOT
from locustfiles.harness.world import world

RISKS, ORGANIZATIONS = 10_000, 10
TIMES = 100
PAGES = ("/", "/risks/", "/risks/R-0100/", "/dashboards/analyst/", "/marketplace/")
API = (
    "/api/v1/risks/",
    "/api/v1/risks/?search=supplier",
    "/api/v1/mitigations/",
    "/api/v1/dashboards/stats/",
    "/api/v1/dashboards/executive/",
)
# Whose functions they are, by what their file is called; the first that fits.
OWNERS = (
    ("/django/template/", "Django's templates"),
    ("/django/forms/", "Django's forms"),
    ("/django/db/", "Django's queries"),
    ("/psycopg", "psycopg"),
    ("/django_prometheus/", "django-prometheus"),
    ("/rest_framework/", "Django REST framework"),
    ("/django_filters/", "django-filter"),
    ("/django/utils/", "Django's utilities"),
    ("/django/", "the rest of Django"),
    ("/caching/fast_path.py", "OpenRisk: the front"),
    ("/caching/freshness/snapshots.py", "OpenRisk: snapshots, with what libpq takes"),
    ("/caching/decorators.py", "OpenRisk: the cached view"),
    ("/caching/storage/local.py", "OpenRisk: what memory keeps"),
    ("/openrisk/caching/", "OpenRisk: the rest of the cache"),
    ("/monitoring/", "OpenRisk: metrics"),
    ("/openrisk/", "OpenRisk: what apps share"),
    ("/risks/", "OpenRisk: risks"),
    ("/dashboards/", "OpenRisk: dashboards"),
    ("/django_redis/", "the shared store"),
    ("/redis/", "the shared store"),
    ("threading.py", "locks between threads"),
    ("prometheus_client", "prometheus_client"),
)

Ask = Callable[[str], bytes]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m locustfiles.harness.studies.profiling", description=__doc__
    )
    parser.add_argument("label", help="such as before, after")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "data" / "profile.json")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="openrisk-profile-") as place,
        world(Path(place)) as made,
    ):
        made.seed(RISKS, ORGANIZATIONS)
        who = json.loads(made.callers.read_text())["organizations"][0]
        os.environ |= made.environment("profile") | {"PROMETHEUS_MULTIPROC_DIR": place}
        results = measured(who)
    kept = json.loads(options.into.read_text()) if options.into.exists() else {}
    results = _least(results, kept.get(options.label, results))
    options.into.write_text(json.dumps({**kept, options.label: results}, indent=1) + "\n")
    print(json.dumps(results, indent=1))
    return 0


def measured(who: dict[str, Any]) -> dict[str, Any]:
    from openrisk.wsgi import application

    asks = {
        "pages": _asker(
            application, {"HTTP_COOKIE": f"openrisk_session={who['session']}"}, f"/o/{who['name']}"
        ),
        "api": _asker(application, {"HTTP_AUTHORIZATION": f"Token {who['tokens'][0]}"}),
    }
    from django.conf import settings

    settings.CACHE_BACKEND = "none"
    cold = [
        _measure(asks[kind], path)
        for kind, paths in (("pages", PAGES), ("api", API))
        for path in paths
    ]
    settings.CACHE_BACKEND = "redis"
    return {
        "cold": cold,
        "pages": [_measure(asks["pages"], path) for path in PAGES],
        "hits": [_measure(asks["api"], path, 20) for path in API],
    }


def _least(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: [
            min(both, key=lambda asked: asked["cpu_ms"])
            for both in zip(one[kind], other[kind], strict=True)
        ]
        for kind in one
    }


def _asker(application: Any, headers: dict[str, str], prefix: str = "") -> Ask:
    def ask(address: str) -> bytes:
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        path, _, query = address.partition("?")
        environ |= {"PATH_INFO": prefix + path, "QUERY_STRING": query, "HTTP_HOST": "127.0.0.1"}
        environ |= {"REMOTE_ADDR": "127.0.0.1", **headers}
        told: list[str] = []
        body = b"".join(application(environ, lambda status, *_: told.append(status)))
        assert told[0].startswith("200"), (address, told, body[:300])
        return body

    return ask


def _measure(ask: Ask, path: str, more: int = 1) -> dict[str, Any]:
    """Processor milliseconds of a request, and the five parts of the code that take most of it."""
    for _ in range(5):
        ask(path)
    began = time.process_time()
    for _ in range(more * TIMES):
        ask(path)
    spent = 1000 * (time.process_time() - began) / (more * TIMES)
    profile = cProfile.Profile(time.process_time)  # not the time that one waits for an answer
    profile.enable()
    for _ in range(TIMES):
        ask(path)
    profile.disable()
    return {"path": path, "cpu_ms": round(spent, 3), "parts": _parts(profile)}


def _parts(profile: cProfile.Profile) -> list[tuple[str, float]]:
    """What was written in C counts for whoever called it."""
    own: Counter[str] = Counter()
    stats: Any = pstats.Stats(profile)
    for (file, _, _), (_, _, seconds, _, callers) in stats.stats.items():
        if file == "~" and callers:
            for (calling, _, _), (_, _, its_own, _) in callers.items():
                own[_owner(calling)] += its_own
        else:
            own[_owner(file)] += seconds
    total = sum(own.values())
    return [(name, round(seconds / total, 3)) for name, seconds in own.most_common(5)]


def _owner(file: str) -> str:
    return next((name for part, name in OWNERS if part in file), "the rest")


if __name__ == "__main__":
    sys.exit(main())
