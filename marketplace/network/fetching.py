"""Fetches files and posts messages. Requests reach the host they name, and nothing behind it.

A host is resolved once, and the connection goes to the address that was checked, so a name whose
address changes a moment later cannot lead elsewhere. Redirects are followed one by one, and each is
checked again. One deadline holds for all of it: resolving, connecting, headers, each byte of the
response, and redirects. Messages name only the host: paths and queries may contain secrets.
"""

import hashlib
import socket
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePosixPath
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from marketplace.network.addresses import Address, Networks, is_reachable
from openrisk.server.limits import REPORT_FILE

if TYPE_CHECKING:
    import httpcore

    from marketplace.network.deadlines import Deadline

LIMIT = REPORT_FILE  # bytes, once decoded
SECONDS = 120  # for everything, redirects included
SILENCE = 15  # seconds of a single wait: for the resolver, or for a byte
RATE = 1024  # bytes a second that have to arrive on average, after
PATIENCE = 10  # seconds of an answer
REDIRECTS = 5
REDIRECTING = (301, 302, 303, 307, 308)
RESPONSE_LIMIT = 64 * 1024  # bytes of the response to a message that are read
PIECE = 64 * 1024  # bytes that are unpacked at a time
PRIVATE_HEADERS = ("authorization", "cookie")  # not for another host
PORTS = {"http": 80, "https": 443}
UNQUOTED = "/%:@!$&'()*+,;=~?[]"  # characters of paths and queries that are sent unquoted


class FetchRefused(Exception):
    """The address must not be reached from here. The message says why and what to do."""


class FetchFailed(Exception):
    """The other side failed. `status` is its HTTP status, or None if there was no response."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Fetched:
    file_name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class _Target:
    """A checked address: `url` has the IP address to connect to, `host` the name."""

    scheme: str
    host: str
    port: int
    url: str


@dataclass(frozen=True)
class _Response:
    """`chunks` are those of the body, as sent."""

    target: _Target
    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]

    @property
    def is_redirect(self) -> bool:
        return self.status in REDIRECTING and "location" in self.headers


def fetch(
    url: str,
    into: IO[bytes],
    *,
    headers: Mapping[str, str] | None = None,
    limit: int = LIMIT,
    seconds: float = SECONDS,
    allowed: Networks = (),
) -> Fetched:
    """Write the content of `url` into a file. Raises FetchRefused and FetchFailed.

    `allowed` are networks that may be reached although they are not public.
    """
    until = time.monotonic() + seconds
    sent = {"Accept-Encoding": "identity", **(headers or {})}
    for _ in range(REDIRECTS + 1):
        target = _check_address(url, allowed, until)
        with _request("GET", target, sent, until=until) as response:
            if not response.is_redirect:
                _check_status(response)
                return save_body(response, into, url, limit)
            location = response.headers["location"]
        try:
            next_url = urljoin(url, location)
        except ValueError:
            message = f"{target.host} redirects to an address that cannot be read."
            raise FetchFailed(message) from None
        sent = headers_after_redirect(sent, url, next_url)
        url = next_url
    raise FetchFailed(f"{target.host} redirects more than {REDIRECTS} times. Use the last address.")


def post_message(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = 20,
    allowed: Networks = (),
) -> None:
    """Post a message. Redirects are not followed; any status but a 2xx raises FetchFailed."""
    until = time.monotonic() + seconds
    target = _check_address(url, allowed, until)
    with _request("POST", target, headers, body, until=until) as response:
        size = 0
        for chunk in response.chunks:
            size += len(chunk)
            if size > RESPONSE_LIMIT:
                break
        if response.is_redirect:
            raise FetchFailed(
                f"{target.host} answered {response.status}: it accepts messages at another "
                "address. Configure that address.",
                response.status,
            )
        _check_status(response)


# --- Checking where a request goes ----------------------------------------------------------------
def _check_address(url: str, allowed: Networks, until: float) -> _Target:
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna" if "[" not in parts.netloc else "ascii")
    except ValueError:
        raise FetchRefused("The address cannot be read. Write it as https://host/path.") from None
    if parts.scheme not in PORTS or not host:
        raise FetchRefused("Only http and https are supported. Write it as https://host/path.")
    if parts.username or parts.password:
        raise FetchRefused("The address contains a password. Configure it as a secret instead.")
    if not port:
        raise FetchRefused("Port 0 does not exist. Correct the address, or leave the port out.")
    address = resolve_host(host.decode(), port, allowed, until)
    netloc = f"[{address}]" if address.version == 6 else str(address)
    path = quote(parts.path, safe=UNQUOTED) or "/"
    query = f"?{quote(parts.query, safe=UNQUOTED)}" if parts.query else ""
    url = f"{parts.scheme}://{netloc}:{port}{path}{query}"
    return _Target(parts.scheme, host.decode(), port, url)


def resolve_host(host: str, port: int, allowed: Networks, until: float) -> Address:
    """The first address of the host, if all of its addresses may be reached."""
    addresses = [ip_address(address.partition("%")[0]) for address in look_up(host, port, until)]
    for address in addresses:
        if not is_reachable(address, allowed):
            raise FetchRefused(
                f"{host[:100]} is {address}, in a network that is not public. The operator of this "
                "installation can allow it with MARKETPLACE_ALLOWED_NETWORKS."
            )
    return addresses[0]


def look_up(host: str, port: int, until: float) -> list[str]:
    """Ask the system's resolver, in a thread: it has no timeout that a caller can set.

    A thread that is given up ends when the resolver does.
    """
    results: SimpleQueue[Any] = SimpleQueue()

    def resolve() -> None:
        try:
            results.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            results.put(error)

    threading.Thread(target=resolve, name="resolve-host", daemon=True).start()
    try:
        result = results.get(timeout=max(0, min(SILENCE, until - time.monotonic())))
    except Empty:
        message = f"Looking up {host[:100]} takes too long. Check the address, or try again later."
        raise FetchFailed(message) from None
    if isinstance(result, Exception):
        raise FetchFailed(f"There is no host {host[:100]}. Check the address.")
    return [str(sockaddr[0]) for *_, sockaddr in result]


def headers_after_redirect(headers: dict[str, str], url: str, next_url: str) -> dict[str, str]:
    """Leave out credentials for another host. Refuses a redirect that gives up encryption."""
    before, after = urlsplit(url), urlsplit(next_url)
    if before.scheme == "https" and after.scheme != "https":
        raise FetchRefused(f"{before.hostname} redirects to an address that is not encrypted.")
    if before.netloc == after.netloc:
        return headers
    return {name: text for name, text in headers.items() if name.lower() not in PRIVATE_HEADERS}


# --- The request itself ---------------------------------------------------------------------------
@contextmanager
def _request(
    method: str,
    target: _Target,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    until: float,
) -> Iterator[_Response]:
    """Without proxies or passwords from the environment. The certificate has to be for the host."""
    import httpcore  # noqa: PLC0415  some MB that most processes never use

    from marketplace.network.deadlines import (  # noqa: PLC0415  as above
        Deadline,
        DeadlineNetwork,
        TooSlow,
    )

    deadline = Deadline(until, silence=SILENCE, rate=RATE, patience=PATIENCE)
    try:
        with (
            httpcore.ConnectionPool(network_backend=DeadlineNetwork(deadline)) as pool,
            pool.stream(
                method,
                target.url,
                headers=encode_headers(target, headers, body),
                content=body,
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            received = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            yield _Response(target, response.status, received, read_chunks(response, deadline))
    except (
        *(TooSlow, httpcore.TimeoutException),
        *(httpcore.NetworkError, httpcore.ProtocolError),
    ) as error:
        if isinstance(error, TooSlow) or time.monotonic() >= until:
            advice = " Fetch the file and upload it." if method == "GET" else ""
            raise FetchFailed(f"{target.host} takes too long.{advice}") from None
        # Only the kind of the failure: the message of the library may contain the address.
        if isinstance(error, httpcore.TimeoutException):
            reason = "it did not answer in time"
        elif isinstance(error, httpcore.ConnectError):
            reason = "it refused the connection, or its certificate is not valid"
        else:
            reason = "it broke off the answer"
        raise FetchFailed(f"{target.host} was not reached: {reason}.") from None


def encode_headers(
    target: _Target, headers: Mapping[str, str], body: bytes | None
) -> list[tuple[bytes, bytes]]:
    """Raises FetchRefused without repeating the value, which may be a secret."""
    name = f"[{target.host}]" if ":" in target.host else target.host
    host = name if target.port == PORTS[target.scheme] else f"{name}:{target.port}"
    length = {} if body is None else {"Content-Length": str(len(body))}
    sent = {"Host": host, "User-Agent": "OpenRisk", "Accept": "*/*", **headers, **length}
    encoded = []
    for name, value in sent.items():
        if not value.isprintable() or max(map(ord, value), default=0) > 255:
            raise FetchRefused(
                f"{name} cannot be sent: it contains a line break, a curly quote or the like. "
                "Enter the token again."
            )
        encoded.append((name.encode("latin-1"), value.encode("latin-1")))
    return encoded


def read_chunks(response: "httpcore.Response", deadline: "Deadline") -> Iterator[bytes]:
    for chunk in response.iter_stream():
        deadline.remaining_seconds()
        yield chunk


def _check_status(response: _Response) -> None:
    host, status = response.target.host, response.status
    if status in (401, 403):
        raise FetchFailed(
            f"{host} answered {status}: it does not accept the credentials. Renew them.", status
        )
    if not 200 <= status < 300:
        raise FetchFailed(f"{host} answered {status}. Check the address.", status)


def save_body(response: _Response, into: IO[bytes], url: str, limit: int) -> Fetched:
    digest, size = hashlib.sha256(), 0
    for chunk in decompress_body(response):
        size += len(chunk)
        if size > limit:
            raise FetchFailed(f"{response.target.host} sends more than {limit // 1024**2} MB.", 413)
        digest.update(chunk)
        into.write(chunk)
    name = unquote(PurePosixPath(urlsplit(url).path).name) or response.target.host
    content_type = response.headers.get("content-type", "").partition(";")[0]
    return Fetched(name[:255], content_type, size, digest.hexdigest())


def decompress_body(response: _Response) -> Iterator[bytes]:
    """The body in small pieces. Some servers compress although the request does not allow it."""
    host = response.target.host
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        yield from response.chunks
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed(f"{host} compresses its answer as {coding[:20]}, which is not supported.")
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib
    try:
        for chunk in response.chunks:
            rest = chunk
            while rest:
                if decompressor.eof:  # another part follows; this one would keep it in memory
                    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)
                yield decompressor.decompress(rest, PIECE)
                rest = decompressor.unconsumed_tail or decompressor.unused_data
    except zlib.error:
        raise FetchFailed(f"{host} sends a damaged answer. Fetch it again.") from None
    if not decompressor.eof:
        raise FetchFailed(f"{host} broke off the answer. Fetch it again.")
