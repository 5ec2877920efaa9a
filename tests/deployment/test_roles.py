"""The application as a role that owns nothing does all of its work, and cannot alter history."""

import json

import psycopg
import pytest

from deployment.local.files import ROOT
from deployment.local.installation import CommandFailed, Installation
from deployment.local.servers import postgres, valkey
from deployment.local.waiting import wait_until

REPORTS = ROOT / "tests/marketplace/reports"
HISTORY = ("risks_change", "risks_scorechange", "risks_mitigationchange", "risks_controlchange")
OF_EACH = (
    "UPDATE HISTORY SET at = now()",
    "DELETE FROM HISTORY",
    "INSERT INTO HISTORY SELECT * FROM HISTORY LIMIT 1",
    "TRUNCATE HISTORY",
    "DROP TABLE HISTORY",
)
FORBIDDEN = [
    *(statement.replace("HISTORY", table) for statement in OF_EACH for table in HISTORY),
    "UPDATE accounts_accountevent SET email = ''",
    "DELETE FROM accounts_accountevent",
    "TRUNCATE accounts_accountevent",
    "ALTER TABLE risks_risk DISABLE TRIGGER ALL",
    "DROP TRIGGER openrisk_risks_risk_update ON risks_risk",
    "DROP FUNCTION openrisk_change_update() CASCADE",
    "ALTER FUNCTION openrisk_change_update() SECURITY INVOKER",
    """CREATE OR REPLACE FUNCTION openrisk_change_update() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RETURN NULL; END'""",
    "CREATE RULE nothing AS ON UPDATE TO risks_risk DO INSTEAD NOTHING",
    "CREATE TABLE mine (id integer)",
    "SET session_replication_role = replica",
    "SET ROLE openrisk",
    "DELETE FROM django_migrations",
    # What is attached to a table of one's own would write what one likes.
    """CREATE TEMPORARY TABLE forged (id uuid, organization_id uuid, title text);
    CREATE TRIGGER forging AFTER INSERT ON forged REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION openrisk_change_insert('risks.risk', '')""",
]


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    """An installation as the owner of the tables, with a role for the application made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_DATABASE_URL", raising=False)
        with postgres() as database:
            made = Installation.make(tmp_path_factory.mktemp("owner"), DATABASE_URL=database.url)
            made.manage("migrate", "--verbosity", "0")
            admin = database.url.replace("://openrisk:", "://postgres:")
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute("CREATE ROLE application LOGIN PASSWORD 'own'")
            yield made


@pytest.fixture(scope="module")
def url(owner):
    """Of the application's role, once it has its rights."""
    owner.manage("database_roles", "application")
    address = owner.environment["DATABASE_URL"]
    return f"postgresql://application:own@{address.partition('@')[2]}"


@pytest.fixture(scope="module")
def application(owner, url, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_REDIS_URL", raising=False)
        with valkey() as cache:
            made = Installation.make(
                tmp_path_factory.mktemp("application"),
                DATABASE_URL=url,
                REDIS_URL=cache.url,
                SECRET_KEY_FILE=str(owner.folder / "var/secret_key"),
                ENCRYPTION_KEY_FILE=str(owner.folder / "var/encryption_key"),
            )
            made.manage("demo_create")
            with made.serving():
                yield made


@pytest.fixture
def client(application):
    with application.client() as client:
        yield client


def rows(url, query, *parameters):
    with psycopg.connect(url) as connection:
        return connection.execute(query, parameters).fetchall()


def new_risk(client):
    answer = client.post("/api/v1/risks/", json={"title": "Flood", "inherent_likelihood": 2})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_risk_is_written_changed_and_deleted_and_all_of_it_recorded(client, url):
    risk = new_risk(client)
    path = f"/api/v1/risks/{risk['id']}/"
    action = {"risk": risk["id"], "title": "Raise the sill"}
    assert client.post("/api/v1/mitigations/", json=action).status_code == 201
    changed = client.patch(path, json={"title": "High water", "version": risk["version"]})
    assert changed.status_code == 200, changed.text
    gone = client.request("DELETE", path, json={"version": changed.json()["version"]})
    assert gone.status_code == 204, gone.text
    query = "SELECT model, action FROM risks_change WHERE object_id = %s ORDER BY id"
    assert [action for _, action in rows(url, query, risk["id"])] == [
        "created", "updated", "deleted",
    ]  # fmt: skip
    assert rows(url, "SELECT count(*) FROM risks_scorechange WHERE risk_id = %s", risk["id"])[0][0]


def test_a_register_is_imported_and_taken_back(client):
    with (REPORTS / "register.csv").open("rb") as file:
        run = client.post("/api/v1/imports/", files={"file": file}).json()
    path = f"/api/v1/imports/{run['id']}"
    applied = client.post(f"{path}/apply/", json={})
    assert applied.status_code < 300, applied.text
    undone = client.post(f"{path}/undo/", json={})
    assert undone.status_code < 300, undone.text


def test_a_scan_is_read_by_the_worker(client):
    base = "/api/v1/marketplace"
    app = client.post(f"{base}/apps/", json={"connector": "trivy"}).json()
    path = f"{base}/apps/{app['id']}/"
    assert client.post(f"{path}test/").status_code < 300
    wait_until(lambda: client.get(path).json()["state"] == "tested", "the app is tested", 60)
    with (REPORTS / "trivy.json").open("rb") as file:
        sync = client.post(f"{base}/apps/{app['id']}/sync/", files={"file": file})
    assert sync.status_code == 202, sync.text

    def ended():
        runs = client.get(f"{base}/runs/?app={app['id']}").json()["results"]
        return runs and runs[0]["status"] not in ("queued", "running") and runs[0]

    assert wait_until(ended, "the sync has ended", 60)["status"] != "failed"


def test_reads_are_cached_and_stale_at_once_after_a_write(client):
    path = "/api/v1/risks/?page_size=3"
    wait_until(lambda: client.get(path).headers["X-Cache"] == "HIT", "a hit")
    before = client.get(path).json()["count"]
    new_risk(client)
    assert client.get(path).json()["count"] == before + 1


def test_operators_commands_run(application):
    for command in ("cache_compact", "cache_stats", "check"):
        application.manage(command)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_history_cannot_be_altered(application, url, statement):
    with psycopg.connect(url) as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(statement)
    assert refusal.value.sqlstate == "42501"  # insufficient privilege


def test_a_table_of_the_same_name_takes_no_history_away(application, client, url):
    risk = new_risk(client)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TEMPORARY TABLE risks_change (LIKE public.risks_change)")
        connection.execute("UPDATE risks_risk SET title = 'Unseen' WHERE id = %s", [risk["id"]])
    query = "SELECT count(*) FROM public.risks_change WHERE object_id = %s AND action = 'updated'"
    assert rows(url, query, risk["id"]) == [(1,)]


def finding(installation):
    told = json.loads(installation.manage("doctor", "--format", "json"))
    (one,) = [one for one in told if one["subject"] == "database roles"]
    return one


def test_doctor_says_who_can_alter_history(owner, application):
    assert finding(application)["status"] == "ok"
    assert finding(owner)["status"] == "warning"
    assert "it owns risks_change" in finding(owner)["detail"]


def test_the_application_is_told_to_migrate_as_the_owner(application):
    with pytest.raises(CommandFailed, match="does not own the tables") as refusal:
        application.manage("migrate")
    assert "Traceback" not in str(refusal.value)


@pytest.mark.parametrize(
    ("role", "words"),
    [("openrisk", "can act as the owner"), ("postgres", "superuser"), ("nobody", "no role nobody")],
)
def test_a_role_that_could_rewrite_history_is_refused(owner, role, words):
    with pytest.raises(CommandFailed, match=words):
        owner.manage("database_roles", role)
