"""Warms a server until it answers everything that was recorded from its cache."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from locustfiles.harness.http_load import LoadFailed, Request, drive

CONNECTIONS = 16
PASSES = 16  # at most; entries expire, so that a very slow server may never have all of them
LOOKUPS = ("HIT", "MISS", "STALE")  # what X-Cache says of a cached route
FAST = "FAST"  # a hit that the fast path answered, which each process learns for itself
FAST_SHARE = 0.99  # of the hits: with it, nearly all requests have met each process


@dataclass(frozen=True)
class Warmth:
    """What the last pass found: `share` of the lookups were hits, `fast` of those the fast path's.

    Both are 0 to 1.
    """

    passes: int
    requests: int
    share: float
    fast: float

    def __str__(self) -> str:
        return (
            f"{self.share:.1%} of {self.requests:,} recorded reads are hot, "
            f"{self.fast:.1%} of them on the fast path, after {self.passes} passes"
        )


def warm(url: str, recorded: Iterable[Path]) -> Warmth:
    """Asks each recorded read once a pass, until all are hits and each process has learned them.

    A process answers on the fast path only what it has answered before: when all are hits for the
    first time, much of what its processes are asked next still goes through Django.
    Raises LoadFailed.
    """
    port = urlsplit(url).port or 80
    requests = list(_reads(recorded, host=urlsplit(url).netloc))
    warmth = Warmth(0, len(requests), 0, 0)
    while warmth.passes < PASSES and (warmth.share < 1 or warmth.fast < FAST_SHARE):
        results = _ask(port, requests)
        warmth = Warmth(
            passes=warmth.passes + 1,
            requests=len(requests),
            share=_share(results["HIT"], sum(results[name] for name in LOOKUPS)),
            fast=_share(results[FAST], results["HIT"]),
        )
    return warmth


def _reads(recorded: Iterable[Path], host: str) -> Iterator[bytes]:
    """Each read once, in the order in which it was first asked, with the headers that wrk sends.

    The fast path knows a request by its headers as well: with another Host it would be a new one.
    """
    lines = (line for path in recorded for line in path.read_text().splitlines())
    for line in dict.fromkeys(line for line in lines if line.startswith("GET\t")):
        _, path, credential, _ = line.split("\t", 3)
        is_page = not credential.startswith("Token ")
        headers = {"Host": host, "Accept": "text/html" if is_page else "application/json"}
        headers["Cookie" if is_page else "Authorization"] = credential
        yield bytes(Request(path, headers))


def _ask(port: int, requests: Iterable[bytes]) -> Counter[str]:
    """How often X-Cache said what, and how often the fast path answered."""
    results: Counter[str] = Counter()

    def note(_: None, response: bytes, seconds: float) -> None:
        if response[9:12] != b"200":
            raise LoadFailed(response[:300].decode(errors="replace"))
        head = response[: response.find(b"\r\n\r\n")].lower()
        result = head.partition(b"\r\nx-cache: ")[2].partition(b"\r\n")[0]
        results[result.decode().upper()] += 1
        results[FAST] += b"; detail=front" in head

    drive(port, ((None, request) for request in requests), CONNECTIONS, note)
    return results


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
