"""What operators do: explain, count, make stale, fill, compact, verify. On real transactions."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from deployment.local.servers import free_port
from openrisk.accounts.models import Role
from openrisk.caching import lookup
from openrisk.caching.freshness import tag_versions
from openrisk.caching.storage.shared import shared_store
from tests.conftest import member
from tests.openrisk.caching import stores
from tests.risks.factories import make_mitigation, make_risk

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "http://testserver/"
RISKS = "/api/v1/risks/"


def run(name: str, *arguments: str) -> str:
    output = StringIO()
    call_command(name, *arguments, stdout=output, stderr=output)
    return output.getvalue()


def data(name: str, *arguments: str) -> Any:
    output = StringIO()
    call_command(name, *arguments, "--format", "json", stdout=output, stderr=StringIO())
    return json.loads(output.getvalue())


def inspected(url: str, email: str, *arguments: str) -> Any:
    return data("cache_inspect", url, "--as", email, "--base", BASE, *arguments)


@pytest.fixture
def risk(organization):
    return make_risk(organization, title="Flood")


# --- cache_inspect ------------------------------------------------------------------------------
def test_inspect_finds_what_a_request_has_stored_and_names_what_changed(
    api, viewer, risk, no_store
):
    api(viewer).get(RISKS)
    assert inspected(RISKS, viewer.email)["verdict"] == "HIT"
    risk.title = "Drought"
    risk.save()
    told = inspected(RISKS, viewer.email)
    assert told["verdict"] == "MISS"
    assert "risks.risk:" in told["kept"][0]["changed"][0]


def test_inspect_of_another_organization_is_another_entry(
    api, viewer, manager, outsider, risk, no_store
):
    api(viewer).get(RISKS)
    assert inspected(RISKS, manager.email)["verdict"] == "HIT"
    told = inspected(RISKS, outsider.email)
    assert (told["verdict"], told["kept"]) == ("MISS", [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("/api/v1/risks/?colour=red", "parameters that the view does not know"),
        ("/api/v1/matrix/", "caches nothing"),
        ("/api/v1/nothing/", "caches nothing"),
        ("/nothing/", "there is no"),
        ("http://evil.example/api/v1/risks/", "ALLOWED_HOSTS"),
    ],
)
def test_inspect_says_why_a_url_has_no_place(viewer, url, why):
    told = inspected(url, viewer.email)
    assert told["verdict"] == "BYPASS"
    assert why.lower() in told["why"].lower()


def test_inspect_computes_and_stores_nothing(viewer, risk, no_store):
    inspected(RISKS, viewer.email)
    assert len(lookup.local_entries) == 0
    assert "nothing that is visible" in run("cache_inspect", RISKS, "--as", viewer.email)


def test_inspect_refuses_unknown_users_and_those_without_membership(viewer, other_organization):
    with pytest.raises(CommandError, match="There is no user nobody@") as refusal:
        inspected(RISKS, "nobody@example.com")
    assert refusal.value.returncode == 2
    with pytest.raises(CommandError, match="not a member of globex"):
        inspected(RISKS, viewer.email, "--organization", "globex")
    with pytest.raises(CommandError, match="not a valid URL"):
        inspected("ftp://testserver/", viewer.email)


# --- cache_invalidate ---------------------------------------------------------------------------
def test_invalidate_makes_one_organization_stale(
    api, viewer, outsider, other_organization, risk, no_store
):
    api(viewer).get(RISKS)
    api(outsider, other_organization).get(RISKS)
    told = data("cache_invalidate", "Risks.Ri*k", "--organization", "acme")
    assert "risks-list" in told["views"]
    assert inspected(RISKS, viewer.email)["verdict"] == "MISS"
    assert inspected(RISKS, outsider.email)["verdict"] == "HIT"


def test_invalidate_without_an_organization_reaches_all_and_single_rows(
    api, viewer, risk, no_store
):
    url, shown_with = f"{RISKS}{risk.pk}/", f"/api/v1/mitigations/{make_mitigation(risk).pk}/"
    api(viewer).get(url)
    api(viewer).get(shown_with)
    run("cache_invalidate", "risks.risk")
    assert inspected(url, viewer.email)["kept"][0]["changed"] == ["risks.risk#*"]
    of_a_part = inspected(shown_with, viewer.email)["kept"][0]
    assert of_a_part["changed"] == ["risks.risk.names:*"]


def test_invalidate_leaves_nothing_in_a_dry_run(api, viewer, risk, no_store):
    api(viewer).get(RISKS)
    assert "It would give new versions to 3 tags" in run(
        "cache_invalidate", "risks.risk", "--dry-run"
    )
    assert inspected(RISKS, viewer.email)["verdict"] == "HIT"


def test_invalidate_lists_what_is_known():
    with pytest.raises(CommandError, match=r"Known: accounts\.apitoken.*risks\.risk") as refusal:
        run("cache_invalidate", "risk.*")
    assert refusal.value.returncode == 2
    with pytest.raises(CommandError, match="no organization nowhere"):
        run("cache_invalidate", "risks.*", "--organization", "nowhere")


# --- cache_warm ---------------------------------------------------------------------------------
def test_warm_fills_the_shared_store_for_other_processes(
    api, viewer, organization, risk, redis_store
):
    arguments = ("--organization", "acme", "--base", BASE)
    assert {one["result"] for one in data("cache_warm", *arguments)} == {"MISS"}
    stores.forget()
    assert {one["result"] for one in data("cache_warm", *arguments)} == {"HIT"}
    stores.forget()
    assert api(viewer).get(RISKS).headers["X-Cache"] == "HIT"


def test_warm_asks_for_the_highest_role(viewer, manager, organization, no_store):
    member(Role.VIEWER, organization, "second")
    told = data("cache_warm", "--organization", "acme", RISKS)
    assert [one["person"].split(" ")[1] for one in told] == ["(manager"]


def test_warm_says_that_only_a_shared_store_helps(viewer, no_store):
    assert "Only a shared store helps" in run("cache_warm", "--organization", "acme", RISKS)


def test_warm_exits_with_4_for_some_and_1_for_all_urls_that_keep_nothing(viewer, no_store):
    with pytest.raises(SystemExit) as partial:
        run("cache_warm", "--organization", "acme", RISKS, "/api/v1/nothing/")
    assert partial.value.code == 4
    with pytest.raises(CommandError, match="No response") as failure:
        run("cache_warm", "--organization", "acme", "/api/v1/nothing/")
    assert failure.value.returncode == 1


# --- cache_compact ------------------------------------------------------------------------------
def test_compact_leaves_a_row_a_tag_and_every_entry_valid(api, viewer, risk, no_store):
    for title in ("Storm", "Hail"):
        risk.title = title
        risk.save()
    api(viewer).get(RISKS)
    before = tag_versions.count_rows()
    told = data("cache_compact")
    assert told["removed"] == before - told["left"]
    state = data("cache_stats")["tokens"]
    assert state["tags"] == state["rows"] == told["left"]
    assert inspected(RISKS, viewer.email)["verdict"] == "HIT"


# --- cache_verify -------------------------------------------------------------------------------
def stored():
    """The one entry in this process, which is the store's too."""
    (entry,) = lookup.local_entries.values()
    return entry


def test_verify_finds_the_same_bytes(api, viewer, risk, redis_store):
    for url in (RISKS, f"{RISKS}{risk.pk}/"):
        api(viewer).get(url)
    assert data("cache_verify", "--sample", "10")["counts"] == {"same": 2}
    assert data("cache_verify", "--sample", "1")["counts"] == {"same": 1}


def test_verify_exits_with_3_for_an_entry_that_lies(api, viewer, risk, redis_store, capsys):
    api(viewer).get(RISKS)
    entry = stored()
    shared_store().put(replace(entry, body=entry.body.replace(b"Flood", b"Blood")))
    with pytest.raises(SystemExit) as verdict:
        call_command("cache_verify")
    assert verdict.value.code == 3
    assert "Blood" in capsys.readouterr().out


def test_verify_does_not_blame_an_entry_that_is_not_served(api, viewer, risk, redis_store):
    api(viewer).get(RISKS)
    risk.title = "Drought"
    risk.save()
    assert data("cache_verify")["counts"] == {"stale": 1}


def test_verify_skips_what_the_same_person_would_not_be_given(
    api, viewer, organization, redis_store
):
    api(viewer).get("/api/v1/assets/")  # which no membership is part of
    viewer.memberships.all().delete()
    told = data("cache_verify")
    assert told["counts"] == {"skipped": 1}
    assert "not a member" in told["entries"][0]["detail"]


def test_verify_skips_what_has_another_key_now(api, viewer, risk, redis_store, settings):
    api(viewer).get(RISKS)
    settings.TIME_ZONE = "Europe/Vienna"
    told = data("cache_verify")
    assert told["counts"] == {"skipped": 1}
    assert "another key" in told["entries"][0]["detail"]


def test_verify_says_what_it_cannot_list(no_store, settings):
    with pytest.raises(CommandError, match="no shared store"):
        run("cache_verify")
    local = "django.core.cache.backends.locmem.LocMemCache"
    with stores.backend(settings, local), pytest.raises(CommandError, match="cannot list") as no:
        run("cache_verify")
    assert no.value.returncode == 1


@pytest.mark.parametrize("sample", ["0", "-1", "all"])
def test_verify_refuses_what_is_no_number(sample):
    with pytest.raises(CommandError, match="give 1 or more"):
        run("cache_verify", f"--sample={sample}")


# --- cache_stats --------------------------------------------------------------------------------
COUNTING = """
from openrisk.caching import metrics
for layer, result, count in (("front", "hit", 5), ("store", "hit", 1), ("view", "miss", 2)):
    metrics.requests.labels("risks-list", layer, result).inc(count)
metrics.compute_seconds.labels("risks-list").observe(0.25)
metrics.undeclared_reads.labels("risks-list", "risks_other").inc()
"""


def count_elsewhere(folder):
    folder.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-c", COUNTING],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        check=True,
    )


def figures(name):
    return next(view for view in data("cache_stats")["views"] if view["view"] == name)


def test_stats_show_what_all_processes_of_the_installation_have_counted(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    count_elsewhere(tmp_path / "metrics" / str(settings.PORT))
    view = figures("risks-list")
    assert (view["hit_rate"], view["hits"]["front"], view["misses"]) == (0.75, 5, 2)
    assert view["compute_seconds"] == 0.25
    assert "risks-list read risks_other, undeclared: 1 not stored" in run("cache_stats")


def test_stats_show_what_views_declare(settings):
    view = figures("risks-list")
    assert view["ttl"] == settings.CACHE_TTL_RISKS
    assert "risks.risktag" in view["reads"]
    assert view["clock"] == "minute with review_overdue"


def test_stats_say_when_nothing_was_counted(tmp_path, settings, monkeypatch):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr("openrisk.caching.metrics.requests.collect", list)
    assert data("cache_stats")["counted"] is None
    assert "No counters" in run("cache_stats")


def test_stats_say_whether_the_shared_store_answers(redis_store, settings):
    assert data("cache_stats")["store"]["reachable"] is True
    with stores.backend(settings, "redis", f"redis://127.0.0.1:{free_port()}/0"):
        assert data("cache_stats")["store"]["reachable"] is False
