"""`manage.py serve` as clients meet it: chunked, incomplete, slow and broken-off requests."""

import json
import socket
import struct

import pytest

from deployment.local.calibration import patience
from deployment.local.installation import Installation
from deployment.local.servers import HOST

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """With demo data, on SQLite, one worker."""
    folder = tmp_path_factory.mktemp("installation")
    database = f"sqlite:///{folder}/openrisk.sqlite3"
    made = Installation.make(folder, DATABASE_URL=database, WORKERS="1", POOL_PROFILE="dev")
    with made.serving("--demo", "--no-worker"):
        yield made


@pytest.fixture
def client(server):
    with server.client() as client:
        yield client


def open_socket(server):
    return socket.create_connection((HOST, int(server.environment["PORT"])), patience(30))


def head(server, method, path, *headers):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Authorization: Token {server.token}"]
    return "\r\n".join([*lines, "Content-Type: application/json", *headers, "", ""]).encode()


def chunked(body):
    """httpx sends what it cannot measure in chunks."""
    yield json.dumps(body).encode()


def a_risk(client):
    return client.get("/api/v1/risks/?page_size=1").json()["results"][0]


JSON = {"Content-Type": "application/json"}


def test_a_chunked_change_is_saved(client):
    risk = a_risk(client)
    url = f"/api/v1/risks/{risk['id']}/"
    body = {"description": "Sent in chunks.", "version": risk["version"]}
    assert client.patch(url, content=chunked(body), headers=JSON).status_code == 200
    assert client.get(url).json()["description"] == "Sent in chunks."


def test_a_chunked_version_that_is_stale_deletes_nothing(client):
    url = f"/api/v1/risks/{a_risk(client)['id']}/"
    content = chunked({"version": 999})
    assert client.request("DELETE", url, content=content, headers=JSON).status_code == 412
    assert client.get(url).status_code == 200


def test_a_chunked_comment_is_kept(client):
    url = f"/api/v1/risks/{a_risk(client)['id']}/"
    content = chunked({"comment": "Reviewed in chunks."})
    assert client.post(f"{url}review/", content=content, headers=JSON).status_code == 200
    assert "Reviewed in chunks." in client.get(f"{url}history/").text


def test_a_body_that_breaks_off_changes_nothing(server, client):
    before = client.get("/api/v1/risks/?page_size=1").json()["count"]
    body = b'{"title": "Broken off"}'
    for headers, part in (
        ([f"Content-Length: {len(body) + 1}"], body),
        (["Transfer-Encoding: chunked"], b"%x\r\n%s\r\n" % (len(body), body)),
    ):
        with open_socket(server) as broken:
            broken.sendall(head(server, "POST", "/api/v1/risks/", *headers) + part)
            broken.shutdown(socket.SHUT_WR)
            assert broken.recv(1000)[9:12] in (b"400", b"")
    assert client.get("/api/v1/risks/?page_size=1").json()["count"] == before


def test_connections_that_are_reset_leave_the_server_as_it_was(server, client):
    """In the middle of a body, and in the middle of an answer."""
    for request in (
        head(server, "POST", "/api/v1/risks/", "Content-Length: 1000") + b"{",
        head(server, "GET", "/api/v1/risks/export/"),
    ):
        for _ in range(20):
            reset = open_socket(server)
            reset.sendall(request)
            reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reset.close()
    assert client.get("/api/v1/risks/?page_size=1").status_code == 200


def test_what_is_too_large_is_refused_before_it_is_sent(server):
    with open_socket(server) as large:
        large.sendall(head(server, "POST", "/login/", "Content-Length: 400000000"))
        assert large.recv(1000).startswith(b"HTTP/1.1 413")


def test_many_slow_bodies_stop_nobody_and_are_ended(server, client):
    """More of them than threads; each is answered with 408 in the end."""
    slow = [open_socket(server) for _ in range(30)]
    try:
        for one in slow:
            request = head(server, "POST", "/api/v1/auth/login/", "Content-Length: 1000")
            one.sendall(request + b"{")
        assert client.get("/api/v1/risks/").status_code == 200
        assert client.get("/health/ready").status_code == 200
        assert slow[0].recv(1000).startswith(b"HTTP/1.1 408")
    finally:
        for one in slow:
            one.close()


def test_readers_who_take_nothing_stop_nobody(server, client):
    slow = [open_socket(server) for _ in range(20)]
    try:
        for one in slow:
            one.sendall(head(server, "GET", "/api/v1/risks/export/"))
        assert client.get("/api/v1/risks/?page_size=3").status_code == 200
        assert all(one.recv(15) == b"HTTP/1.1 200 OK" for one in slow)
    finally:
        for one in slow:
            one.close()


def test_a_refused_host_is_one_line_in_the_log(server, client):
    log = server.folder / "openrisk.log"
    before = len(log.read_bytes())
    assert client.get("/login/", headers={"Host": "evil.example.com"}).status_code == 400
    lines = log.read_bytes()[before:].splitlines()
    told = [line for line in lines if b"evil.example.com" in line]
    assert len(told) == 1
    assert b"Traceback" not in b"".join(lines)
    assert len(told[0]) < 500
