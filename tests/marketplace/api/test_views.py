"""The marketplace over REST: who may do what, what is shown, and that nothing is stale."""

import json
from io import BytesIO

import pytest
from django.utils import timezone

from marketplace import models
from marketplace.models import InstalledApp, Review, SyncRun
from marketplace.registry import available_connectors
from marketplace.sync import probe, runs
from openrisk.accounts.members.memberships import set_role
from openrisk.server.limits import REPORT_FILE
from risks.models import Finding
from tests.conftest import member
from tests.marketplace.conformance import REPORTS, installed, upload
from tests.marketplace.conftest import work
from tests.marketplace.packs.test_archive import FOLDER, KEY, build_pack

BASE = "/api/v1/marketplace"


@pytest.fixture
def client(api, admin):
    return api(admin)


def results(response):
    assert response.status_code == 200, response.content
    return response.json()["results"]


# --- The catalogue ----------------------------------------------------------------------------
def test_the_catalogue_lists_connectors(client):
    rows = results(client.get(f"{BASE}/connectors/"))
    assert {"trivy", "cisa-kev", "oscal", "webhook"} <= {row["slug"] for row in rows}
    assert rows == sorted(rows, key=lambda row: row["name"].lower())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=compliance", {"oscal"}),
        ("capability=notification", {"webhook", "slack-webhook"}),
        ("search=exploited known", {"cisa-kev"}),
        ("status=deprecated", set()),
        ("category=integration&capability=finding_import", {"json-feed"}),
    ],
)
def test_the_catalogue_is_filtered(client, query, found):
    rows = results(client.get(f"{BASE}/connectors/?{query}"))
    assert {row["slug"] for row in rows} == found


@pytest.mark.parametrize("query", ["category=cooking", "colour=red", "status=x"])
def test_unknown_filters_are_refused(client, query):
    response = client.get(f"{BASE}/connectors/?{query}")
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_connector_shows_its_schema_and_documentation(client):
    shown = client.get(f"{BASE}/connectors/webhook/").json()
    assert shown["schema"]["properties"]["secret"]["writeOnly"] is True
    assert "Standard Webhooks" in shown["documentation"]
    assert client.get(f"{BASE}/connectors/nothing/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_catalogue_is_cached_and_never_stale(client, admin, organization):
    first = client.get(f"{BASE}/connectors/trivy/")
    assert client.get(f"{BASE}/connectors/trivy/")["X-Cache"] == "HIT"
    installed(organization, "trivy", admin)
    after = client.get(f"{BASE}/connectors/trivy/")
    assert (first.json()["installed"], after.json()["installed"]) == (0, 1)


# --- Apps -------------------------------------------------------------------------------------
def test_from_installing_to_a_finding(client, organization):
    app = client.post(f"{BASE}/apps/", {"connector": "trivy"}, format="json")
    assert (app.status_code, app.json()["state"]) == (201, "configured")
    place = f"{BASE}/apps/{app.json()['id']}"
    client.post(f"{place}/test/")
    work()
    assert client.get(f"{place}/").json()["state"] == "tested"
    assert client.post(f"{place}/enable/").json()["state"] == "enabled"
    with (REPORTS / "trivy.json").open("rb") as file:
        queued = client.post(f"{place}/sync/?mode=preview", {"file": file}, format="multipart")
    assert (queued.status_code, queued.json()["status"]) == (202, "queued")
    run = f"{BASE}/runs/{queued.json()['id']}"
    runs.execute_run(queued.json()["id"])
    assert client.get(f"{run}/").json()["counts"]["created"] == 6
    assert not Finding.objects.exists()
    diff = results(client.get(f"{run}/diff/?model=risks.finding"))
    assert diff[0]["changes"]["severity"] == [None, "critical"]
    assert client.post(f"{run}/apply/").json()["status"] == "applied"
    assert Finding.objects.count() == 5
    assert client.post(f"{run}/undo/").json()["status"] == "undone"
    assert not Finding.objects.exists()


def test_a_test_is_made_by_a_worker_and_asked_about(client):
    app = client.post(f"{BASE}/apps/", {"connector": "trivy"}, format="json").json()
    queued = client.post(f"{BASE}/apps/{app['id']}/test/")
    assert (queued.status_code, queued.json()["state"]) == (202, "configured")
    waiting = client.get(queued["Location"]).json()
    assert waiting["test_queued_at"] == queued.json()["test_queued_at"] is not None
    client.post(f"{BASE}/apps/{app['id']}/test/")
    assert work() == 1, "the second request asks for the same test"
    done = client.get(queued["Location"]).json()
    assert (done["state"], done["test_queued_at"]) == ("tested", None)


def test_a_test_whose_worker_was_lost_may_be_asked_for_again(client):
    app = client.post(f"{BASE}/apps/", {"connector": "trivy"}, format="json").json()
    client.post(f"{BASE}/apps/{app['id']}/test/")
    long_ago = timezone.now() - models.TEST_PATIENCE
    InstalledApp.objects.update(test_queued_at=long_ago)
    client.post(f"{BASE}/apps/{app['id']}/test/")
    assert InstalledApp.objects.get().test_queued_at > long_ago
    assert work() == 2
    assert InstalledApp.objects.get().state == "tested"


def test_a_test_of_a_configuration_that_is_gone_says_nothing(client):
    app = client.post(f"{BASE}/apps/", {"connector": "trivy"}, format="json").json()
    place = f"{BASE}/apps/{app['id']}/"
    client.post(f"{place}test/")
    client.patch(place, {"configuration": {"asset": "shop"}}, format="json")
    work()
    assert client.get(place).json()["state"] == "configured"


def test_a_test_that_breaks_is_told_and_ends(client, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("secret")

    monkeypatch.setattr(probe, "use_connector", broken)
    app = client.post(f"{BASE}/apps/", {"connector": "trivy"}, format="json").json()
    client.post(f"{BASE}/apps/{app['id']}/test/")
    work()
    done = client.get(f"{BASE}/apps/{app['id']}/").json()
    assert (done["state"], done["test_queued_at"]) == ("error", None)
    assert "RuntimeError" in done["reason"]
    assert "secret" not in done["reason"]


def test_a_report_that_is_too_large_is_refused_and_not_kept(client, organization, admin, settings):
    app = installed(organization, "trivy", admin)
    place = f"{BASE}/apps/{app.pk}/sync/"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(available_connectors()["trivy"]), "largest_report", 10)
        answer = client.post(place, {"file": BytesIO(b"x" * 11)}, format="multipart")
        assert (
            client.post(place, {"file": BytesIO(b"x" * 10)}, format="multipart").status_code == 202
        )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert SyncRun.objects.count() == 1
    assert len(list(settings.MEDIA_ROOT.rglob("*.report"))) == 1


def test_no_connector_takes_more_than_the_server_lets_in(client):
    shown = client.get(f"{BASE}/connectors/register/").json()
    assert shown["largest_report"] == 20 * 1024**2
    assert max(one.largest_report for one in available_connectors().values()) <= REPORT_FILE


def test_a_secret_is_named_and_never_shown(client):
    app = client.post(f"{BASE}/apps/", {"connector": "slack-webhook"}, format="json").json()
    url = "https://hooks.example.com/T0/B0/hidden"
    response = client.patch(
        f"{BASE}/apps/{app['id']}/", {"configuration": {"url": url}}, format="json"
    )
    assert response.json()["secrets"] == ["url"]
    for shown in (response, client.get(f"{BASE}/apps/"), client.get(f"{BASE}/apps/{app['id']}/")):
        assert "hidden" not in shown.content.decode()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"configuration": {"colour": 1}}, "/configuration"),
        ({"configuration": []}, "/configuration"),
        ({"cron": "daily"}, "/cron"),
        ({"mode": "destroy"}, "/mode"),
        ({"state": "enabled"}, "/state"),
    ],
)
def test_a_wrong_configuration_is_told_with_its_place(client, body, pointer):
    app = client.post(f"{BASE}/apps/", {"connector": "trivy"}, format="json").json()
    response = client.post(f"{BASE}/apps/{app['id']}/configure/", body, format="json")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"].startswith(pointer)


def test_somebody_elses_change_is_not_overwritten(client):
    app = client.post(f"{BASE}/apps/", {"connector": "trivy"}, format="json").json()
    place = f"{BASE}/apps/{app['id']}/"
    client.patch(place, {"mode": "preview", "version": 1}, format="json")
    assert client.patch(place, {"mode": "apply", "version": 1}, format="json").status_code == 412


def test_what_is_not_ready_is_a_conflict(client):
    app = client.post(f"{BASE}/apps/", {"connector": "webhook"}, format="json").json()
    for step in ("test", "enable", "disable"):
        assert client.post(f"{BASE}/apps/{app['id']}/{step}/").status_code == 409


def test_uninstalling_says_what_stays(client, organization, admin):
    app = installed(organization, "trivy", admin)
    upload(app, REPORTS / "trivy.json", admin)
    response = client.post(f"{BASE}/apps/{app.pk}/uninstall/")
    assert response.json() == {"stays": {"risks.asset": 1, "risks.finding": 5}}


def test_health_has_four_facts(client, organization, admin):
    app = installed(organization, "trivy", admin)
    upload(app, REPORTS / "trivy.json", admin)
    shown = client.get(f"{BASE}/apps/{app.pk}/health/").json()
    assert list(shown) == ["connection", "credential", "freshness", "outcome"]
    assert shown["outcome"]["state"] == "applied"


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("viewer", "get", "connectors/", 200),
        ("viewer", "get", "apps/", 200),
        ("viewer", "get", "runs/", 403),
        ("analyst", "get", "runs/", 200),
        ("manager", "post", "apps/", 403),
        ("analyst", "post", "apps/{app}/sync/", 403),
        ("manager", "post", "apps/{app}/sync/", 409),
        ("manager", "post", "apps/{app}/enable/", 403),
        ("analyst", "post", "runs/{run}/apply/", 403),
        ("manager", "post", "packs/", 403),
    ],
)
def test_roles(api, organization, admin, role, method, path, status):
    app = installed(organization, "trivy", admin)
    run = SyncRun.objects.create(organization=organization, app=app, mode="preview")
    person = member(role_of(role), organization)
    response = getattr(api(person), method)(f"{BASE}/{path.format(app=app.pk, run=run.pk)}")
    assert response.status_code == status, response.content


def role_of(name):
    from openrisk.accounts.models import Role  # noqa: PLC0415

    return Role(name)


# --- Reviews ----------------------------------------------------------------------------------
def test_a_review_is_of_who_installed_it(client, organization, admin):
    review = {"connector": "trivy", "rating": 4, "text": "Works."}
    assert client.post(f"{BASE}/reviews/", review, format="json").status_code == 409
    installed(organization, "trivy", admin)
    assert client.post(f"{BASE}/reviews/", review, format="json").status_code == 201
    assert client.post(f"{BASE}/reviews/", review, format="json").status_code == 400


def test_ratings_are_added_up_and_texts_stay_at_home(
    api, client, organization, other_organization, admin, outsider
):
    for person, of, rating in ((admin, organization, 4), (outsider, other_organization, 1)):
        installed(of, "trivy", person)
        body = {"connector": "trivy", "rating": rating, "text": f"of {of.slug}"}
        assert api(person, of).post(f"{BASE}/reviews/", body, format="json").status_code == 201
    rating = client.get(f"{BASE}/connectors/trivy/").json()["rating"]
    assert rating == {"reviews": 2, "average": 2.5}
    assert [row["text"] for row in results(client.get(f"{BASE}/reviews/"))] == ["of acme"]
    client.delete(f"{BASE}/reviews/{Review.objects.get(organization=organization).pk}/")
    assert client.get(f"{BASE}/connectors/trivy/").json()["rating"]["average"] == 1.0


@pytest.mark.parametrize("rating", [0, 6, "good"])
def test_a_rating_is_from_one_to_five(client, organization, admin, rating):
    installed(organization, "trivy", admin)
    body = {"connector": "trivy", "rating": rating}
    assert client.post(f"{BASE}/reviews/", body, format="json").status_code == 400


# --- Packs ------------------------------------------------------------------------------------
def test_a_pack_is_previewed_installed_and_rolled_back(client, admin):
    body = {"pack": "openrisk.starter-risks"}
    change = client.post(f"{BASE}/packs/", body, format="json")
    assert (change.status_code, change.json()["status"]) == (201, "previewed")
    place = f"{BASE}/pack-changes/{change.json()['id']}"
    assert results(client.get(f"{place}/rows/?action=create"))
    assert client.post(f"{place}/apply/").json()["status"] == "applied"
    row = next(r for r in results(client.get(f"{BASE}/packs/")) if r["pack"] == body["pack"])
    assert row["installed"] == row["available"] == "1.0.0"
    back = client.post(f"{BASE}/packs/{row['id']}/roll-back/")
    assert back.json()["installed"] is None


def test_a_pack_from_elsewhere_is_uploaded(client, tmp_path):
    path = tmp_path / "pack.zip"
    path.write_bytes(build_pack(FOLDER, KEY))
    with path.open("rb") as file:
        refused = client.post(f"{BASE}/packs/", {"file": file}, format="multipart")
    assert refused.status_code == 409
    with path.open("rb") as file:
        body = {"file": file, "allow_unsigned": "true", "mode": "apply"}
        taken = client.post(f"{BASE}/packs/", body, format="multipart")
    assert (taken.status_code, taken.json()["trust"]) == (201, "unsigned")
    place = f"{BASE}/packs/{taken.json()['installed']}"
    matrix = client.post(f"{place}/matrix/", {"matrix": "cautious"}, format="json")
    assert matrix.json()["levels"][4] == ["medium", "high", "critical", "critical", "critical"]


@pytest.mark.parametrize("body", [{}, {"pack": "x", "file": ""}, {"pack": "none.such"}])
def test_a_pack_that_is_not_there_is_told(client, body):
    assert client.post(f"{BASE}/packs/", body, format="json").status_code == 400


def test_a_file_that_is_no_pack_is_told(client, tmp_path):
    path = tmp_path / "pack.zip"
    path.write_bytes(b"PK\x03\x04 not really")
    with path.open("rb") as file:
        response = client.post(f"{BASE}/packs/", {"file": file}, format="multipart")
    assert response.status_code == 400
    assert "damaged" in json.dumps(response.json())


def test_a_person_of_two_organizations_sees_each_on_its_own(
    api, admin, organization, other_organization
):
    set_role(user=admin, organization=other_organization, role=role_of("admin"))
    installed(other_organization, "trivy", admin)
    assert results(api(admin).get(f"{BASE}/apps/")) == []
    assert len(results(api(admin, other_organization).get(f"{BASE}/apps/"))) == 1
    assert InstalledApp.objects.count() == 1
