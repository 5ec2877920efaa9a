"""Requests to the application that the server's workers load: the fast path, then Django."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from prometheus_client import REGISTRY

from openrisk.accounts.credentials.tokens import create_token
from openrisk.accounts.models import ApiToken, Organization, User
from openrisk.api.middleware.database_retry import RetrySafeRequestOnce
from openrisk.caching.fast_path import FastPath

RISKS = "/api/v1/risks/"
ASSETS = "/api/v1/assets/"
FRONT, MEMORY, STORE, MISS = "HIT front", "HIT memory", "HIT store", "MISS view"
BYPASS = "BYPASS"
Headers = dict[str, str]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cache(self) -> str:
        """How it came about: `HIT front`, `MISS view`, `BYPASS`; empty where no cache took part."""
        layer = self.headers.get("Cache-Status", "").partition("detail=")[2]
        return f"{self.headers.get('X-Cache', '')} {layer}".strip()

    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def titles(self) -> list[str]:
        return [row.get("title") or row["name"] for row in self.json()["results"]]


@cache
def application() -> FastPath:
    """As in `openrisk.wsgi`, which also tunes the garbage collector of its process."""
    return FastPath(RetrySafeRequestOnce(WSGIHandler()))


def call(url: str, credential: Headers | None = None, method: str = "GET", **extra: Any) -> Reply:
    """Send one request. `extra` are keys of the environ, None removes one; `body` is sent as JSON.

    What stands in `url` before the ? is the path as a server gives it, decoded.
    """
    environ: dict[str, Any] = {"HTTP_HOST": "testserver", "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    path, _, query = url.partition("?")
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    if "body" in extra:
        content = orjson.dumps(extra.pop("body"))
        environ |= {"wsgi.input": BytesIO(content), "CONTENT_LENGTH": str(len(content))}
        environ["CONTENT_TYPE"] = "application/json"
    environ |= (credential or {}) | extra
    started: list[Any] = []
    response: Any = application()(
        {name: value for name, value in environ.items() if value is not None},
        lambda status, headers, *rest: started.append((status, headers)),
    )
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    [(status, headers)] = started
    return Reply(int(status.split()[0]), dict(headers), body)


def warm(url: str, credential: Headers, **extra: Any) -> Reply:
    """Ask until the fast path answers by itself."""
    for _ in range(3):
        reply = call(url, credential, **extra)
    assert reply.cache == FRONT, reply
    return reply


def token(user: User, organization: Organization, **fields: Any) -> Headers:
    """The header of a new token."""
    return token_and_header(user, organization, **fields)[1]


def token_and_header(
    user: User, organization: Organization, **fields: Any
) -> tuple[ApiToken, Headers]:
    made, secret = create_token(user=user, organization=organization, **fields)
    return made, {"HTTP_AUTHORIZATION": f"Token {secret}"}


def session(user: User) -> Headers:
    """The cookie of a new browser session."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"HTTP_COOKIE": f"{name}={client.cookies[name].value}"}


def counted(name: str, **labels: str) -> float:
    """The value of a counter, over all labels that are not named."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == f"openrisk_cache_{name}"
        and all(sample.labels.get(label) == value for label, value in labels.items())
    )
