"""Requests to addresses that people type in. They reach what they name, and nothing behind it.

A host is resolved once, and the connection goes to the address that was checked: a name that means
another machine a moment later gains nothing. Redirects are followed by hand, each checked again.
Messages name the host alone: paths and queries may hold secrets.
"""

import hashlib
import ipaddress
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

if TYPE_CHECKING:
    import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

LIMIT = 256 * 1024**2  # bytes of a report, once decoded
SECONDS = 120  # for all of it, redirects included
SILENCE = 15  # seconds without a byte
REDIRECTS = 5
ANSWER = 64 * 1024  # bytes of the answer to a message that are read
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
PRIVATE_HEADERS = ("authorization", "cookie")  # not for another host


class FetchRefused(Exception):
    """The address is none that is reached from here. The message says why and what to do."""


class FetchFailed(Exception):
    """The other side did not do its part; `status` is its HTTP status, None where it had none."""

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
    """A checked address: `url` goes to the machine itself, `host` is what it is called."""

    scheme: str
    host: str
    port: int
    url: str


def fetch(
    url: str,
    into: IO[bytes],
    *,
    headers: Mapping[str, str] | None = None,
    limit: int = LIMIT,
    seconds: float = SECONDS,
    allowed: Networks = (),
) -> Fetched:
    """Write what `url` answers into a file. Raises FetchRefused and FetchFailed.

    `allowed` are networks that may be reached although they are not public.
    """
    deadline = time.monotonic() + seconds
    sent = {"Accept-Encoding": "identity", **(headers or {})}
    with _client() as client:
        for _ in range(REDIRECTS + 1):
            target = _checked(url, allowed)
            with _answer(client, "GET", target, sent, deadline=deadline) as response:
                if not response.is_redirect:
                    _check_status(target, response)
                    return _save(response, into, target, url, limit, deadline)
                next_url = urljoin(url, response.headers["location"])
            sent = _for_next(sent, url, next_url)
            url = next_url
    raise FetchFailed(f"{target.host} redirects more than {REDIRECTS} times. Use the last address.")


def send(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = 20,
    allowed: Networks = (),
) -> None:
    """Post a message. Anything but a 2xx is FetchFailed; redirects are not followed."""
    deadline = time.monotonic() + seconds
    target = _checked(url, allowed)
    with (
        _client() as client,
        _answer(client, "POST", target, dict(headers), body, deadline=deadline) as response,
    ):
        size = 0
        for chunk in _within(response, target, deadline):
            size += len(chunk)
            if size > ANSWER:
                break
        if response.is_redirect:
            raise FetchFailed(
                f"{target.host} answered {response.status_code}: it takes messages elsewhere. "
                "Configure that address.",
                response.status_code,
            )
        _check_status(target, response)


# --- Where a request may go -----------------------------------------------------------------------
def _checked(url: str, allowed: Networks) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise FetchRefused("The address cannot be read. Write it as https://host/path.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchRefused("Only http and https are fetched. Write it as https://host/path.")
    if parts.username or parts.password:
        raise FetchRefused("The address holds a password. Configure it as a secret instead.")
    address = _resolve(parts.hostname, port, allowed)
    shown = f"[{address}]" if address.version == 6 else str(address)
    place = parts._replace(netloc=f"{shown}:{port}", fragment="").geturl()
    return _Target(parts.scheme, parts.hostname, port, place)


def _resolve(host: str, port: int, allowed: Networks) -> Address:
    """The first address of the host, all of which have to be such as may be reached."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchFailed(f"There is no host {host[:100]}. Check the address.") from None
    addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    for address in addresses:
        if not _is_reachable(address, allowed):
            raise FetchRefused(
                f"{host[:100]} is {address}, in a network that is not public. Whoever runs this "
                "installation can allow it with MARKETPLACE_ALLOWED_NETWORKS."
            )
    return addresses[0]


def _is_reachable(address: Address, allowed: Networks) -> bool:
    inner = _inner(address)
    if any(address in network or inner in network for network in allowed):
        return True
    return all(
        one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified)
        for one in {address, inner}
    )


def _inner(address: Address) -> Address:
    """The IPv4 address inside of one that only leads to it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def _for_next(headers: dict[str, str], url: str, next_url: str) -> dict[str, str]:
    """What the next request may say; it is refused where it would give up encryption."""
    before, after = urlsplit(url), urlsplit(next_url)
    if before.scheme == "https" and after.scheme != "https":
        raise FetchRefused(f"{before.hostname} redirects to an address that is not encrypted.")
    if before.netloc == after.netloc:
        return headers
    return {name: text for name, text in headers.items() if name.lower() not in PRIVATE_HEADERS}


# --- The request itself ---------------------------------------------------------------------------
def _client() -> "httpx.Client":
    """No proxies or passwords from the environment; certificates are checked."""
    import httpx  # noqa: PLC0415  20 MB that most processes never use

    return httpx.Client(trust_env=False, follow_redirects=False, timeout=SILENCE)


@contextmanager
def _answer(
    client: "httpx.Client",
    method: str,
    target: _Target,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    deadline: float,
) -> Iterator["httpx.Response"]:
    import httpx  # noqa: PLC0415  as above

    default = {"http": 80, "https": 443}[target.scheme]
    name = f"[{target.host}]" if ":" in target.host else target.host
    host = name if target.port == default else f"{name}:{target.port}"
    request = client.build_request(
        method,
        target.url,
        headers={"User-Agent": "OpenRisk", **headers, "Host": host},
        content=body,
        # The certificate is that of the name, not of the machine's number.
        extensions={"sni_hostname": target.host, "timeout": _timeouts(deadline)},
    )
    try:
        response = client.send(request, stream=True)
        try:
            yield response
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise FetchFailed(f"{target.host} was not reached: {_reason(error)}.") from None


def _timeouts(deadline: float) -> dict[str, float]:
    left = max(0.1, min(SILENCE, deadline - time.monotonic()))
    return dict.fromkeys(("connect", "read", "write", "pool"), left)


def _reason(error: "httpx.HTTPError") -> str:
    """What httpx says may hold the address; what kind of failure it was does not."""
    import httpx  # noqa: PLC0415  as above

    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "it refused the connection, or its certificate is not valid"
    return "it broke off the answer"


def _check_status(target: _Target, response: "httpx.Response") -> None:
    status = response.status_code
    if status in (401, 403):
        raise FetchFailed(
            f"{target.host} answered {status}: it does not accept the credentials. Renew them.",
            status,
        )
    if not response.is_success:
        raise FetchFailed(f"{target.host} answered {status}.", status)


def _within(response: "httpx.Response", target: _Target, deadline: float) -> Iterator[bytes]:
    for chunk in response.iter_bytes(64 * 1024):
        if time.monotonic() > deadline:
            raise FetchFailed(f"{target.host} takes too long. Fetch the file and upload it.")
        yield chunk


def _save(
    response: "httpx.Response",
    into: IO[bytes],
    target: _Target,
    url: str,
    limit: int,
    deadline: float,
) -> Fetched:
    digest, size = hashlib.sha256(), 0
    for chunk in _within(response, target, deadline):
        size += len(chunk)
        if size > limit:
            raise FetchFailed(f"{target.host} sends more than {limit // 1024**2} MB.", 413)
        digest.update(chunk)
        into.write(chunk)
    name = unquote(PurePosixPath(urlsplit(url).path).name) or target.host
    kind = response.headers.get("content-type", "").partition(";")[0]
    return Fetched(name[:255], kind, size, digest.hexdigest())
