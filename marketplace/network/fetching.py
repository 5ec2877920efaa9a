"""Requests to addresses that people type in. They reach what they name, and nothing behind it.

A host is resolved once, and the connection goes to the address that was checked: a name that means
another machine a moment later gains nothing. Redirects are followed by hand, each checked again.
One deadline holds for all of it: connecting, headers, every byte of the answer, and redirects.
Messages name the host alone: paths and queries may hold secrets.
"""

import hashlib
import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import quote, unquote, urljoin, urlsplit

from marketplace.network.addresses import Address, Networks, is_reachable
from openrisk.server.limits import REPORT_FILE

if TYPE_CHECKING:
    import httpcore

    from marketplace.network.deadlines import Deadline

LIMIT = REPORT_FILE  # once decoded
SECONDS = 120  # for all of it, redirects included
SILENCE = 15  # seconds without a byte
RATE = 1024  # bytes a second that have to arrive on average, after
PATIENCE = 10  # seconds of an answer
REDIRECTS = 5
REDIRECTING = (301, 302, 303, 307, 308)
ANSWER = 64 * 1024  # bytes of the answer to a message that are read
PIECE = 64 * 1024  # bytes that are unpacked at a time
PRIVATE_HEADERS = ("authorization", "cookie")  # not for another host
PORTS = {"http": 80, "https": 443}
AS_IT_IS = "/%:@!$&'()*+,;=~?[]"  # characters of paths and queries that are sent unquoted


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


@dataclass(frozen=True)
class _Answer:
    """`pieces` are those of the body, as sent."""

    target: _Target
    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]

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
    """Write what `url` answers into a file. Raises FetchRefused and FetchFailed.

    `allowed` are networks that may be reached although they are not public.
    """
    until = time.monotonic() + seconds
    sent = {"Accept-Encoding": "identity", **(headers or {})}
    for _ in range(REDIRECTS + 1):
        target = _checked(url, allowed)
        with _answer("GET", target, sent, until=until) as answer:
            if not answer.is_redirect:
                _check_status(answer)
                return _save(answer, into, url, limit)
            next_url = _next_url(url, answer)
        sent = _for_next(sent, url, next_url)
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
    """Post a message. Anything but a 2xx is FetchFailed; redirects are not followed."""
    target = _checked(url, allowed)
    until = time.monotonic() + seconds
    with _answer("POST", target, headers, body, until=until) as answer:
        size = 0
        for piece in answer.pieces:
            size += len(piece)
            if size > ANSWER:
                break
        if answer.is_redirect:
            raise FetchFailed(
                f"{target.host} answered {answer.status}: it takes messages elsewhere. "
                "Configure that address.",
                answer.status,
            )
        _check_status(answer)


# --- Where a request may go -----------------------------------------------------------------------
def _checked(url: str, allowed: Networks) -> _Target:
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna" if "[" not in parts.netloc else "ascii")
    except ValueError:
        raise FetchRefused("The address cannot be read. Write it as https://host/path.") from None
    if parts.scheme not in PORTS or not host:
        raise FetchRefused("Only http and https are fetched. Write it as https://host/path.")
    if parts.username or parts.password:
        raise FetchRefused("The address holds a password. Configure it as a secret instead.")
    if not port:
        raise FetchRefused("There is no port 0. Correct the address, or leave the port out.")
    address = _resolve(host.decode(), port, allowed)
    shown = f"[{address}]" if address.version == 6 else str(address)
    path = quote(parts.path, safe=AS_IT_IS) or "/"
    query = f"?{quote(parts.query, safe=AS_IT_IS)}" if parts.query else ""
    place = f"{parts.scheme}://{shown}:{port}{path}{query}"
    return _Target(parts.scheme, host.decode(), port, place)


def _resolve(host: str, port: int, allowed: Networks) -> Address:
    """The first address of the host, all of which have to be such as may be reached."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchFailed(f"There is no host {host[:100]}. Check the address.") from None
    addresses = [ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    for address in addresses:
        if not is_reachable(address, allowed):
            raise FetchRefused(
                f"{host[:100]} is {address}, in a network that is not public. Whoever runs this "
                "installation can allow it with MARKETPLACE_ALLOWED_NETWORKS."
            )
    return addresses[0]


def _next_url(url: str, answer: _Answer) -> str:
    try:
        return urljoin(url, answer.headers["location"])
    except ValueError:
        host = answer.target.host
        raise FetchFailed(f"{host} redirects to an address that cannot be read.") from None


def _for_next(headers: dict[str, str], url: str, next_url: str) -> dict[str, str]:
    """What the next request may say; it is refused where it would give up encryption."""
    before, after = urlsplit(url), urlsplit(next_url)
    if before.scheme == "https" and after.scheme != "https":
        raise FetchRefused(f"{before.hostname} redirects to an address that is not encrypted.")
    if before.netloc == after.netloc:
        return headers
    return {name: text for name, text in headers.items() if name.lower() not in PRIVATE_HEADERS}


# --- The request itself ---------------------------------------------------------------------------
@contextmanager
def _answer(
    method: str,
    target: _Target,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    until: float,
) -> Iterator[_Answer]:
    """No proxies or passwords from the environment; the certificate is that of the name."""
    import httpcore  # noqa: PLC0415  some MB that most processes never use

    from marketplace.network.deadlines import Deadline, DeadlineNetwork, TooSlow  # noqa: PLC0415  as above

    deadline = Deadline(until, silence=SILENCE, rate=RATE, patience=PATIENCE)
    try:
        with (
            httpcore.ConnectionPool(network_backend=DeadlineNetwork(deadline)) as pool,
            pool.stream(
                method,
                target.url,
                headers=_headers(target, headers, body),
                content=body,
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            told = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in response.headers}
            yield _Answer(target, response.status, told, _pieces(response, deadline))
    except (
        *(TooSlow, httpcore.TimeoutException),
        *(httpcore.NetworkError, httpcore.ProtocolError),
    ) as error:
        if isinstance(error, TooSlow) or time.monotonic() >= until:
            advice = " Fetch the file and upload it." if method == "GET" else ""
            reason = f"{target.host} takes too long.{advice}"
        else:
            reason = f"{target.host} was not reached: {_reason(error)}."
        raise FetchFailed(reason) from None


def _headers(
    target: _Target, headers: Mapping[str, str], body: bytes | None
) -> list[tuple[bytes, bytes]]:
    name = f"[{target.host}]" if ":" in target.host else target.host
    host = name if target.port == PORTS[target.scheme] else f"{name}:{target.port}"
    length = {} if body is None else {"Content-Length": str(len(body))}
    sent = {"Host": host, "User-Agent": "OpenRisk", "Accept": "*/*", **headers, **length}
    return [(name.encode("latin-1"), _encoded(name, text)) for name, text in sent.items()]


def _encoded(name: str, text: str) -> bytes:
    """The message does not repeat the text, which may be a secret."""
    try:
        if text.isprintable():
            return text.encode("latin-1")
    except UnicodeEncodeError:
        pass
    raise FetchRefused(
        f"{name} cannot be sent: a line break, a curly quote or the like is in it. Enter the token "
        "again."
    )


def _pieces(response: "httpcore.Response", deadline: "Deadline") -> Iterator[bytes]:
    for piece in response.iter_stream():
        deadline.left()
        yield piece


def _reason(error: Exception) -> str:
    """What the library says may hold the address; what kind of failure it was does not."""
    import httpcore  # noqa: PLC0415  as above

    if isinstance(error, httpcore.TimeoutException):
        return "it did not answer in time"
    if isinstance(error, httpcore.ConnectError):
        return "it refused the connection, or its certificate is not valid"
    return "it broke off the answer"


def _check_status(answer: _Answer) -> None:
    host, status = answer.target.host, answer.status
    if status in (401, 403):
        raise FetchFailed(
            f"{host} answered {status}: it does not accept the credentials. Renew them.", status
        )
    if not 200 <= status < 300:
        raise FetchFailed(f"{host} answered {status}.", status)


def _save(answer: _Answer, into: IO[bytes], url: str, limit: int) -> Fetched:
    digest, size = hashlib.sha256(), 0
    for piece in _unpacked(answer):
        size += len(piece)
        if size > limit:
            raise FetchFailed(f"{answer.target.host} sends more than {limit // 1024**2} MB.", 413)
        digest.update(piece)
        into.write(piece)
    name = unquote(PurePosixPath(urlsplit(url).path).name) or answer.target.host
    kind = answer.headers.get("content-type", "").partition(";")[0]
    return Fetched(name[:255], kind, size, digest.hexdigest())


def _unpacked(answer: _Answer) -> Iterator[bytes]:
    """The body as it is meant, little by little: some servers compress although nobody asks."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        yield from answer.pieces
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise FetchFailed(f"{answer.target.host} compresses its answer in a way nobody asked for.")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # of gzip or zlib, whichever it is
    try:
        for piece in answer.pieces:
            rest = piece
            while rest:
                if unpacking.eof:  # what follows is another part; it would be kept in memory here
                    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
                yield unpacking.decompress(rest, PIECE)
                rest = unpacking.unconsumed_tail or unpacking.unused_data
    except zlib.error:
        raise FetchFailed(f"{answer.target.host} sends a damaged answer. Fetch it again.") from None
    if not unpacking.eof:
        raise FetchFailed(f"{answer.target.host} broke off the answer.")
