"""The WSGI environ of a request that came by RSGI."""

import sys
from typing import Any

Environ = dict[str, Any]

_SAME_FOR_ALL: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.errors": sys.stderr,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
_WITHOUT_PREFIX = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_USUAL_HEADERS = """
accept accept-encoding accept-language authorization cache-control connection cookie host if-match
if-none-match origin referer user-agent x-forwarded-for x-forwarded-proto x-request-id
"""
_USUAL = {name: "HTTP_" + name.upper().replace("-", "_") for name in _USUAL_HEADERS.split()}
# How a body travelled is over once it is here, complete.
_OF_THE_JOURNEY = frozenset({"transfer-encoding", "expect", "trailer", "te"})


def build_environ(scope: Any) -> Environ:
    """The environ of PEP 3333, without `wsgi.input`, which `bodies` adds once the body is here.

    A header with an underscore is left out: it would look like the one with a hyphen, which a
    proxy may have set.
    """
    environ = _SAME_FOR_ALL.copy()
    for name, value in scope.headers.items():
        key = _USUAL.get(name) or _key_of(name)
        if key in environ:
            environ[key] += f"{';' if key == 'HTTP_COOKIE' else ','}{value}"
        elif key:
            environ[key] = value
    host, _, port = scope.server.rpartition(":")
    environ |= {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _latin(scope.path),
        "QUERY_STRING": _latin(scope.query_string),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
    }
    environ.setdefault("HTTP_HOST", scope.authority or "")
    return environ


def _key_of(name: str) -> str:
    if "_" in name or name in _OF_THE_JOURNEY:
        return ""
    return _WITHOUT_PREFIX.get(name) or "HTTP_" + name.upper().replace("-", "_")


def _latin(text: str) -> str:
    """WSGI's strings: each character is a byte."""
    return text if text.isascii() else text.encode().decode("latin-1")
