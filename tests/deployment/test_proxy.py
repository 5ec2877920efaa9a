"""The shipped haproxy before a server that only counts: what it lets through, and what it ends."""

import http.client
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deployment.local.programs import ProgramsMissing
from deployment.local.proxy import CONFIGURATION, proxy
from deployment.local.servers import HOST
from openrisk.server.limits import LIMITS


class Counting(BaseHTTPRequestHandler):
    """Answers everything with 200, and notes what was asked beside health checks."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path not in ("/health/ready", "/login/"):
            self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815  as the base class calls it

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """The address of haproxy, and the paths that came through."""
    server = ThreadingHTTPServer((HOST, 0), Counting)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = tmp_path_factory.mktemp("proxy")
    try:
        with proxy(folder, [f"http://{HOST}:{server.server_port}"]) as url:
            yield url.removeprefix("http://"), server.asked
    except ProgramsMissing as missing:
        pytest.skip(str(missing))
    finally:
        server.shutdown()


def ask(address, path, method="GET", **headers):
    """The status; a body is announced by Content-Length and not sent."""
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.putrequest(method, path)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    "path", ["/health/ready", "/%68ealth/ready", "/health%2fready", "/%68%65alth%2Flive"]
)
def test_probes_stay_inside_however_they_are_written(behind, path):
    address, asked = behind
    assert ask(address, path) == 404
    assert path not in asked


def test_other_paths_pass(behind):
    address, asked = behind
    assert ask(address, "/healthy/%68") == 200
    assert "/healthy/%68" in asked


def test_a_body_that_is_too_large_is_refused_by_what_it_announces(behind):
    address, asked = behind
    for path, size in (
        ("/login/?large", 65537),
        ("/%6cogin/?large", 65537),
        ("/api/v1/risks/?large", 6 * 1024**2),
        ("/api/v1/imports/?large", 23 * 1024**2),
        ("/?large", 400_000_000),
    ):
        assert ask(address, path, "POST", Content_Length=str(size)) == 413, path
    assert not any("large" in path for path in asked)


def test_a_body_within_its_limit_passes(behind):
    address, asked = behind
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("POST", "/api/v1/imports/?fits", b"x" * 6 * 1024**2)
    assert connection.getresponse().status == 200
    connection.close()
    assert "/api/v1/imports/?fits" in asked


def test_a_body_that_does_not_come_never_meets_a_server(behind):
    address, asked = behind
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as slow:
        slow.sendall(b"POST /slow/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert slow.recv(100).startswith(b"HTTP/1.1 408")
    assert "/slow/" not in asked


def test_log_has_neither_queries_nor_the_secrets_of_invitations():
    text = CONFIGURATION.read_text()
    shown = re.search(r"set-var\(txn\.shown\) path,regsub\(([^,]+),([^)]+)\)$", text, re.M)
    assert re.sub(shown[1], shown[2], "/invitation/Kw7lopYaiPqf/") == "/invitation/.../"
    assert "option httplog" not in text
    assert '"%HM %[var(txn.shown)] %HV\\""' in text.replace(r"\"%HM", '"%HM')


def test_the_limits_are_those_of_the_server():
    rule = re.compile(
        r"set-var\(txn\.largest\) int\((\d+)\)(?: if \{ path,url_dec -m reg \^\((.*)\) \})?$"
    )
    found = [rule.search(line) for line in CONFIGURATION.read_text().splitlines()]
    rules = [(int(one[1]), one[2]) for one in found if one]
    *others, rest = LIMITS
    expected = [(rest.size, None), *((one.size, one.pattern.pattern) for one in reversed(others))]
    assert rules == expected
