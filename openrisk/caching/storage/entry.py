"""A stored response, and its form in the shared store: bytes under a MAC, never a pickle."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.conf import settings

from openrisk.caching.freshness.snapshots import VersionSnapshot

MAGIC = b"openrisk1"
_MAC = 32
_LENGTH = 4
NOT_IN_HEAD = ("body", "confirmed")  # the body follows the head


class RejectedEntry(Exception):
    """The shared store returned what we did not store there; `reason` is a metric's label."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Entry:
    """The body of a 200, the versions that it was computed from, and until when it may be used.

    `created` and `expires` are seconds since 1970, `cost` the seconds that computing it took.
    `request` describes the request, so that it can be computed again and compared.
    """

    key: str
    view: str
    snapshot: VersionSnapshot
    created: float
    expires: float
    cost: float
    content_type: str
    etag: str
    request: dict[str, str]
    body: bytes
    confirmed: int = 0  # see `notifications`; means nothing to other processes

    @property
    def size(self) -> int:
        """Bytes of memory, roughly: the body, and what Python needs for the rest."""
        return len(self.body) + 1400 + 150 * len(self.snapshot)


def pack_entry(entry: Entry) -> bytes:
    fields = {name: getattr(entry, name) for name in Entry.__slots__ if name not in NOT_IN_HEAD}
    head = orjson.dumps(fields)
    payload = len(head).to_bytes(_LENGTH, "big") + head + entry.body
    return MAGIC + _mac(entry.key, payload) + payload


def unpack_entry(key: str, data: Any) -> Entry | None:
    """The entry stored under `key`; None if another release stored it, with other fields.

    Raises RejectedEntry for anything that we did not store there.
    """
    if not isinstance(data, bytes) or not data.startswith(MAGIC):
        raise RejectedEntry("foreign")
    mac, payload = data[len(MAGIC) : len(MAGIC) + _MAC], data[len(MAGIC) + _MAC :]
    # The key is under the MAC: an entry copied to another key is not this one's.
    if not hmac.compare_digest(mac, _mac(key, payload)):
        raise RejectedEntry("mac")
    end = _LENGTH + int.from_bytes(payload[:_LENGTH], "big")
    try:
        return Entry(**orjson.loads(payload[_LENGTH:end]), body=payload[end:])
    except TypeError:
        return None


def _mac(key: str, payload: bytes) -> bytes:
    return hmac.digest(_secret(), key.encode() + b"\0" + payload, "sha256")


@cache
def _secret() -> bytes:
    return hashlib.sha256(b"openrisk.caching\0" + settings.SECRET_KEY.encode()).digest()
