"""Checks that all nodes have the same keys: the database keeps a fingerprint of each.

A node with another SECRET_KEY ends the sessions of the others; one with other ENCRYPTION_KEYS
cannot read their secrets. Fingerprints say so at the start, and reveal no key.
"""

import hashlib
import hmac
from collections.abc import Iterator

from django.conf import settings

from openrisk.accounts.models import KeyFingerprint


def remember_keys() -> None:
    """Remember the keys of this node, whatever was remembered before."""
    for name, keys in _keys().items():
        KeyFingerprint.objects.update_or_create(
            name=name, defaults={"fingerprint": _fingerprint(name, keys[0])}
        )


def find_differences() -> Iterator[tuple[str, str]]:
    """For each key that the database was not used with: the fault, and the advice."""
    known = dict(KeyFingerprint.objects.values_list("name", "fingerprint"))
    for name, keys in _keys().items():
        ours = [_fingerprint(name, key) for key in keys]
        if known.get(name, ours[0]) not in ours:
            advice = (
                f"Give every node the same one. To replace it, {_ADVICE[name]}. If it is lost, run "
                "`manage.py keys_accept`."
            )
            yield f"{name} is not the one that this database was used with.", advice


_ADVICE = {
    "SECRET_KEY": "put the old one into SECRET_KEY_FALLBACKS",
    "ENCRYPTION_KEYS": "put the old one behind it in ENCRYPTION_KEYS",
}


def _keys() -> dict[str, list[str]]:
    """The one in use, then those that it replaces."""
    return {
        "SECRET_KEY": [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
        "ENCRYPTION_KEYS": list(settings.ENCRYPTION_KEYS),
    }


def _fingerprint(name: str, key: str) -> str:
    """One way, and of no use for anything that the key protects."""
    message = f"openrisk.fingerprint:{name}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:16]
