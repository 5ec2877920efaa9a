"""Requests to addresses that people type in, against a server on this machine."""

import gzip
import socket
import time
from io import BytesIO
from ipaddress import ip_network

import pytest

from marketplace.network import fetching
from marketplace.network.fetching import FetchFailed, FetchRefused, fetch, post_message
from tests.marketplace.receiver import dripping, receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def server():
    with receiving() as made:
        yield made


@pytest.fixture
def url(server):
    return server.url


def get(url, **options):
    into = BytesIO()
    return fetch(url, into, **{"allowed": LOOPBACK} | options), into.getvalue()


def test_a_report_is_fetched_and_no_log_tells_a_token(server, url, caplog):
    server.routes["/kev.json?token=secret"] = (200, {"Content-Type": "application/json"}, b"{}")
    with caplog.at_level("INFO"):
        found, body = get(f"{url}/kev.json?token=secret")
    assert (found.file_name, found.content_type, found.size) == ("kev.json", "application/json", 2)
    assert (body, "secret" in caplog.text) == (b"{}", False)


def test_this_machine_is_refused_by_name_and_number(server, url):
    for host in ("localhost", "127.0.0.1", "2130706433", "0x7f.1"):
        with pytest.raises(FetchRefused, match="MARKETPLACE_ALLOWED_NETWORKS"):
            get(url.replace("127.0.0.1", host), allowed=())
    assert not server.seen


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "https://",
        "//x/",
        "http://u:p@example.org/",
        "http://127.0.0.1:0/",
    ],
)
def test_other_addresses_are_refused(address):
    with pytest.raises(FetchRefused):
        get(address)


def test_a_name_is_resolved_once_and_the_connection_goes_there(server, url, monkeypatch):
    """A name that means another machine the second time would get past a check of the first."""
    answers = []
    port = int(url.rpartition(":")[2])
    real = socket.getaddrinfo

    def resolve(host, *rest, **options):
        if host != "rebinding.example":
            return real(host, *rest, **options)
        answers.append(host)
        return real("127.0.0.1" if len(answers) == 1 else "10.255.255.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    server.routes["/x"] = (200, {}, b"yes")
    assert get(f"http://rebinding.example:{port}/x")[1] == b"yes"
    assert answers == ["rebinding.example"]
    assert server.seen[0][1]["Host"] == f"rebinding.example:{port}"


def test_one_private_address_among_several_is_enough_to_refuse(monkeypatch):
    places = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("1.1.1.1", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *rest, **options: places)
    with pytest.raises(FetchRefused, match=r"10\.0\.0\.1"):
        get("http://two.example/", allowed=())


def test_redirects_are_followed_and_checked_again(server, url):
    server.routes["/old"] = (302, {"Location": "/new"}, b"")
    server.routes["/new"] = (200, {}, b"found")
    server.routes["/inside"] = (302, {"Location": "http://10.0.0.1/"}, b"")
    assert get(f"{url}/old")[1] == b"found"
    with pytest.raises(FetchRefused, match=r"10\.0\.0\.1"):
        get(f"{url}/inside")


def test_a_redirect_without_end_is_given_up(server, url):
    server.routes["/round"] = (302, {"Location": "/round"}, b"")
    with pytest.raises(FetchFailed, match="more than 5 times"):
        get(f"{url}/round")


def test_a_redirect_to_nonsense_is_the_fault_of_the_source(server, url):
    server.routes["/nonsense"] = (302, {"Location": "http://[nonsense/"}, b"")
    with pytest.raises(FetchFailed, match="cannot be read"):
        get(f"{url}/nonsense")


@pytest.mark.parametrize("token", ["secret\nX-Other: 1", "\u201csecret\u201d"])
def test_what_no_header_can_hold_is_refused_and_not_repeated(server, url, token):
    with pytest.raises(FetchRefused, match="Authorization cannot be sent") as refusal:
        get(url, headers={"Authorization": f"Bearer {token}"})
    assert "secret" not in str(refusal.value)
    assert server.seen == []


def test_another_host_is_not_told_the_token(server, url):
    port = url.rpartition(":")[2]
    server.routes["/away"] = (302, {"Location": f"http://localhost:{port}/there"}, b"")
    server.routes["/there"] = (200, {}, b"")
    both = (*LOOPBACK, ip_network("::1/128"))
    get(f"{url}/away", headers={"Authorization": "Bearer secret"}, allowed=both)
    told = ["Authorization" in headers for _, headers, _ in server.seen]
    assert told == [True, False]


def test_more_than_the_limit_is_not_kept(server, url):
    server.routes["/large"] = (200, {}, b"x" * 2_000_000)
    with pytest.raises(FetchFailed, match="more than 1 MB"):
        get(f"{url}/large", limit=1024**2)


@pytest.mark.parametrize(
    ("status", "words"), [(404, "answered 404"), (503, "answered 503"), (401, "credentials")]
)
def test_an_error_is_told_without_the_secrets_of_the_address(server, url, status, words):
    server.routes["/feed?token=secret"] = (status, {}, b"")
    with pytest.raises(FetchFailed, match=words) as failure:
        get(f"{url}/feed?token=secret", headers={"Authorization": "Bearer hidden"})
    assert failure.value.status == status
    assert "secret" not in str(failure.value)


def test_nobody_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(FetchFailed, match="was not reached") as failure:
        get(f"http://127.0.0.1:{port}/?token=secret")
    assert "secret" not in str(failure.value)


def test_a_message_is_posted(server, url):
    server.routes["/hook"] = (204, {}, b"")
    post_message(f"{url}/hook", b"{}", {"Content-Type": "application/json"}, allowed=LOOPBACK)
    path, headers, body = server.seen[0]
    assert (path, body, headers["Content-Type"]) == ("/hook", b"{}", "application/json")


def test_a_message_that_is_not_taken_is_a_failure(server, url):
    server.routes["/moved"] = (301, {"Location": "/hook"}, b"")
    for path in ("/nowhere", "/moved"):
        with pytest.raises(FetchFailed):
            post_message(f"{url}{path}", b"{}", {}, allowed=LOOPBACK)
    assert [path for path, *_ in server.seen] == ["/nowhere", "/moved"]


def test_a_resolver_that_does_not_answer_ends_in_time(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *rest, **options: time.sleep(2))
    started = time.monotonic()
    with pytest.raises(FetchFailed, match=r"Looking up slow\.example takes too long"):
        get("http://slow.example/", seconds=0.1)
    assert time.monotonic() - started < 1


# --- In time, whatever the other side does ----------------------------------------------------
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("at_once", "drop"),
    [
        (b"", b"H"),
        (HEAD, b"X-A: b\r\n"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED + b"1;", b"x"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n\x1f\x8b", b"\x08"),
    ],
    ids=["status", "headers", "body", "chunks", "extension", "compressed"],
)
def test_a_source_that_drips_ends_in_time(at_once, drop):
    with dripping(at_once, drop) as url, pytest.raises(FetchFailed):
        get(url, seconds=0.5)


def test_a_receiver_that_drips_ends_in_time():
    with (
        dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b"x") as url,
        pytest.raises(FetchFailed, match="takes too long"),
    ):
        post_message(url, b"{}", {}, seconds=0.5, allowed=LOOPBACK)


def test_the_deadline_holds_over_redirects(server):
    with dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b"x") as url:
        server.routes["/first"] = (302, {"Location": url}, b"")
        with pytest.raises(FetchFailed, match="takes too long"):
            get(f"{server.url}/first", seconds=0.5)


def test_less_than_the_least_rate_is_given_up(monkeypatch):
    """Long before the deadline of two minutes: the source would have ended by then."""
    monkeypatch.setattr(fetching, "PATIENCE", 0.2)
    with (
        dripping(HEAD + b"Content-Length: 200\r\n\r\n", b"x", drops=200) as url,
        pytest.raises(FetchFailed, match="takes too long"),
    ):
        get(url)


def test_a_slow_source_that_ends_is_read(server):
    with dripping(HEAD + b"Content-Length: 3\r\n\r\n", b"x", drops=3) as url:
        assert get(url)[1] == b"xxx"


def test_what_is_compressed_unasked_is_unpacked_within_the_limit(server, url):
    packed = {"Content-Encoding": "gzip"}
    server.routes["/packed"] = (200, packed, gzip.compress(b"report"))
    server.routes["/bomb"] = (200, packed, gzip.compress(bytes(20_000_000)))
    server.routes["/damaged"] = (200, packed, gzip.compress(b"report")[:-4])
    assert get(f"{url}/packed")[1] == b"report"
    with pytest.raises(FetchFailed, match="more than 1 MB"):
        get(f"{url}/bomb", limit=1024**2)
    with pytest.raises(FetchFailed, match="broke off"):
        get(f"{url}/damaged")


def test_what_follows_the_end_of_something_compressed_is_read_or_refused(server, url):
    """It was kept in memory, however much it was, and never counted."""
    packed = {"Content-Encoding": "gzip"}
    part = gzip.compress(b"report ")
    server.routes["/parts"] = (200, packed, part + gzip.compress(bytes(100_000)) + part)
    server.routes["/garbage"] = (200, packed, part + bytes(20_000_000))
    assert get(f"{url}/parts")[1] == b"report " + bytes(100_000) + b"report "
    with pytest.raises(FetchFailed, match="damaged"):
        get(f"{url}/garbage")
