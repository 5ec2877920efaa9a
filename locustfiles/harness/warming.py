"""Warms a server until it answers everything that was recorded from its cache."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from locustfiles.harness.http_load import LoadFailed, Request, drive

CONNECTIONS = 16
PASSES = 6  # at most; entries expire, so that a very slow server may never have all of them
LOOKUPS = ("HIT", "MISS", "STALE")  # what X-Cache says of a cached route


@dataclass(frozen=True)
class Warmth:
    """What the last pass found: `share` of the lookups, 0 to 1, were hits."""

    passes: int
    requests: int
    share: float

    def __str__(self) -> str:
        return f"{self.share:.1%} of {self.requests:,} recorded reads are hot, {self.passes} passes"


def warm(url: str, recorded: Iterable[Path]) -> Warmth:
    """Asks each recorded read once a pass, until a pass meets nothing but hits.

    Another pass follows, in which each process takes into its memory what others have computed.
    Raises LoadFailed.
    """
    port = urlsplit(url).port or 80
    requests = list(_reads(recorded))
    passes, hits, hot = 0, Counter[str](), False
    while passes < PASSES and not hot:
        hits = _ask(port, requests)
        hot = _share(hits) == 1
        passes += 1
    if hot:
        hits = _ask(port, requests)
        passes += 1
    return Warmth(passes, len(requests), _share(hits))


def _reads(recorded: Iterable[Path]) -> Iterator[bytes]:
    """Each read once, in the order in which it was first asked."""
    lines = (line for path in recorded for line in path.read_text().splitlines())
    for line in dict.fromkeys(line for line in lines if line.startswith("GET\t")):
        _, path, credential, _ = line.split("\t", 3)
        is_page = not credential.startswith("Token ")
        headers = {"Accept": "text/html" if is_page else "application/json"}
        headers["Cookie" if is_page else "Authorization"] = credential
        yield bytes(Request(path, headers))


def _ask(port: int, requests: Iterable[bytes]) -> Counter[str]:
    """How often X-Cache said what."""
    results: Counter[str] = Counter()

    def note(_: None, response: bytes, seconds: float) -> None:
        if response[9:12] != b"200":
            raise LoadFailed(response[:300].decode(errors="replace"))
        head = response[: response.find(b"\r\n\r\n")].lower()
        result = head.partition(b"\r\nx-cache: ")[2].partition(b"\r\n")[0]
        results[result.decode().upper()] += 1

    drive(port, ((None, request) for request in requests), CONNECTIONS, note)
    return results


def _share(results: Counter[str]) -> float:
    lookups = sum(results[name] for name in LOOKUPS)
    return results["HIT"] / lookups if lookups else 1.0
