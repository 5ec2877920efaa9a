"""OpenRisk behind pgbouncer in transaction mode, with fewer connections than it has threads."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from deployment.local.servers import ServerUnavailable, pgbouncer, valkey

SIZE = 2
CLIENTS = 8


@pytest.fixture(scope="module")
def pooler(database):
    try:
        with pgbouncer(database, size=SIZE) as server:
            yield server
    except ServerUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module", params=["strict", "push"])
def installation(request, install, database, pooler, tmp_path_factory):
    """Served, with demo data; `push` finds what `strict` has left."""
    with valkey() as cache:
        made = install(
            tmp_path_factory.mktemp("openrisk"),
            DATABASE_URL=pooler.url,
            DATABASE_DIRECT_URL=database.url,
            REDIS_URL=cache.url,
            CACHE_CONSISTENCY=request.param,
        )
        with made.serving():
            yield made


def test_no_read_is_older_than_the_write_before_it(installation):
    def write_and_read(number):
        with installation.client() as client:
            risk = client.post("/api/v1/risks/", json={"title": f"Risk {number}"}).json()
            seen = []
            for turn in range(10):
                title = f"Risk {number}, turn {turn}"
                client.patch(f"/api/v1/risks/{risk['id']}/", json={"title": title})
                seen.append(client.get(f"/api/v1/risks/{risk['id']}/").json()["title"] == title)
            return seen

    with ThreadPoolExecutor(CLIENTS) as pool:
        seen = [one for each in pool.map(write_and_read, range(CLIENTS)) for one in each]
    assert seen == [True] * (CLIENTS * 10)


def test_reads_are_hits_until_something_is_written(installation):
    with installation.client() as client:

        def result():
            return client.get("/api/v1/risks/?page_size=3").headers["X-Cache"]

        result()
        before = result()
        client.post("/api/v1/risks/", json={"title": "Something else"})
        assert (before, result(), result()) == ("HIT", "MISS", "HIT")


def test_what_takes_many_rows_works_without_a_cursor_of_the_session(installation):
    with installation.client() as client:
        exported = client.get("/api/v1/risks/export/")
    assert exported.status_code == 200
    assert exported.text.count("\n") > 10


def test_the_history_knows_who_wrote(installation):
    with installation.client() as client:
        risk = client.post("/api/v1/risks/", json={"title": "Who"}).json()
        history = client.get(f"/api/v1/risks/{risk['id']}/history/").json()["results"]
    assert len({entry["actor"] for entry in history} - {None}) == len(history) == 1


def test_the_server_sees_no_more_than_the_pool_and_the_connections_of_the_cache(
    installation, database
):
    with psycopg.connect(database.url) as connection:
        rows = connection.execute(
            "SELECT application_name, count(*) FROM pg_stat_activity"
            " WHERE usename = 'openrisk' AND pid <> pg_backend_pid() GROUP BY 1"
        ).fetchall()
    counts = dict(rows)
    of_the_cache = sum(counts.pop(name, 0) for name in ("openrisk-stamps", "openrisk-push"))
    assert sum(counts.values()) <= SIZE
    assert 0 < of_the_cache <= 2 * int(installation.environment.get("WORKERS", 2))
