"""Secrets of connectors: encrypted at rest, with keys from the environment.

ENCRYPTION_KEYS lists them: the first encrypts, all decrypt, so that a key is replaced by putting a
new one in front, running `manage.py secrets_rotate`, and removing the old one.
"""

import base64
import hashlib
import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SecretsUnreadable(Exception):
    """No key decrypts the secrets. The message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "The secrets were encrypted with a key that ENCRYPTION_KEYS does not have. Add that "
            "key, or enter the secrets again."
        )


def encrypt(secrets: dict[str, Any]) -> str:
    """Encrypt as text; "" if there are no secrets."""
    return _cipher().encrypt(json.dumps(secrets).encode()).decode() if secrets else ""


def decrypt(text: str) -> dict[str, Any]:
    """Decrypt what `encrypt` returned. Raises SecretsUnreadable."""
    if not text:
        return {}
    try:
        return json.loads(_cipher().decrypt(text.encode()))
    except InvalidToken:
        raise SecretsUnreadable from None


def rotate_key(text: str) -> str:
    """Encrypt the same secrets again, with the first key. Raises SecretsUnreadable."""
    try:
        return _cipher().rotate(text.encode()).decode() if text else ""
    except InvalidToken:
        raise SecretsUnreadable from None


def _cipher() -> MultiFernet:
    return cipher_of_keys(tuple(settings.ENCRYPTION_KEYS))


@cache
def cipher_of_keys(keys: tuple[str, ...]) -> MultiFernet:
    """Keys are passphrases of any form; only long random ones protect anything."""
    digests = (hashlib.sha256(b"openrisk.secrets:" + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
