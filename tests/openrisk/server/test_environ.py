"""What came by RSGI looks to Django as what came by WSGI."""

import pytest
from django.conf import settings

from openrisk.server import limits, sockets, supervisor
from openrisk.server.environ import build_environ
from openrisk.server.limits import LIMITS, format_size, limit_for
from tests.openrisk.server.protocols import Scope


class Several:
    """Headers of which some came more than once."""

    def __init__(self, *items):
        self._items = items

    def items(self):
        return self._items


def test_headers_are_named_as_in_wsgi():
    scope = Scope("/a?b=c", "POST", content_type="x/y", content_length="3", x_own="1", host="h")
    environ = build_environ(scope)
    names = ("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_X_OWN", "HTTP_HOST", "REMOTE_ADDR")
    assert [environ[name] for name in names] == ["x/y", "3", "1", "h", "127.0.0.1"]
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/a", "b=c")


def test_a_header_that_came_twice_is_one():
    scope = Scope()
    scope.headers = Several(("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "1"), ("x-a", "2"))
    environ = build_environ(scope)
    assert (environ["HTTP_COOKIE"], environ["HTTP_X_A"]) == ("a=1;b=2", "1,2")


def test_underscores_pass_for_no_header_of_a_proxy():
    scope = Scope()
    scope.headers = Several(("x_forwarded_for", "6.6.6.6"), ("content_length", "1"))
    environ = build_environ(scope)
    assert not {"HTTP_X_FORWARDED_FOR", "CONTENT_LENGTH"} & environ.keys()


def test_paths_are_bytes_in_latin_1():
    assert build_environ(Scope("/ä"))["PATH_INFO"] == "/ä".encode().decode("latin-1")


def test_an_address_of_version_six_is_bare():
    scope = Scope()
    scope.client = "[::1]:4000"
    assert build_environ(scope)["REMOTE_ADDR"] == "::1"


@pytest.mark.parametrize(
    ("path", "size", "files"),
    [
        ("/api/v1/imports/", "21 MB", True),
        ("/admin/risks/importrun/add/", "21 MB", True),
        ("/api/v1/imports/0/apply/", "5 MB", False),
        ("/api/v1/marketplace/apps/0/sync/", "257 MB", True),
        ("/marketplace/apps/0/sync/", "1 MB", False),
        ("/o/demo/marketplace/apps/0/sync/", "257 MB", True),
        ("/o/demo/marketplace/packs/preview/", "33 MB", True),
        ("/api/v1/attachments/", "26 MB", True),
        ("/api/v1/attachments/0/links/", "5 MB", False),
        ("/o/demo/files/add/risk/0/", "101 MB", True),
        ("/o/demo/files/0/", "1 MB", False),
        ("/api/v1/auth/login/", "64 kB", False),
        ("/login/", "64 kB", False),
        ("/api/v1/risks/", "5 MB", False),
        ("/risks/new/", "1 MB", False),
        ("", "1 MB", False),
    ],
)
def test_each_address_has_its_limit(path, size, files):
    limit = limit_for(path)
    assert (format_size(limit.size), limit.takes_files) == (size, files)


def test_each_limit_has_its_reason():
    assert all(limit.reason and limit.routes for limit in LIMITS)


def test_the_document_says_the_same():
    text = (settings.BASE_DIR / "SECURITY.md").read_text()
    for limit in LIMITS:
        files = "yes" if limit.takes_files else "no"
        row = f"| {limit.routes} | {format_size(limit.size)} | {files} | {limit.reason} |"
        assert row in text
    told = (
        f"{limits.GRACE:g} s plus its size at {limits.LEAST_RATE // 1000} kB/s, else 408",
        f"{limits.SEND_GRACE:g} s plus its size at {limits.LEAST_RATE // 1000} kB/s, else the",
        f"above {format_size(limits.IN_MEMORY)} is taken",
        f"| {limits.RECEIVED_AT_ONCE}; one more ends",
        f"| {limits.SPOOLED_BYTES // 1024**3} GB, else 503",
        f"closed after | {limits.IDLE_SECONDS} s",
        f"after (Linux) | {sockets.STALLED_SECONDS} s",
        f"together | {supervisor.BACKLOG:,}; more wait",
    )
    assert [one for one in told if one not in text] == []
