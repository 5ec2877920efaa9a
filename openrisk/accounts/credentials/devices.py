"""Devices that an account has logged in on before, known by a signed cookie.

The cookie opens nothing. It only lets attempts from here be counted apart from those of strangers.
"""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

from openrisk.accounts.models import User

COOKIE = "openrisk_device"
LIFETIME = timedelta(days=180)
MOST_ACCOUNTS = 8  # of people who share a device
_SALT = "openrisk.accounts.devices"  # of cookies in the browsers of people: stays the same


def find_device(request: HttpRequest, email: str) -> str:
    """The id of the device, if the account with this (folded) address is known on it."""
    content = _read(request)
    return content["id"] if _digest(email) in content["accounts"] else ""


def remember_device(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    content = _read(request)
    own = _digest(user.email)
    others = [account for account in content["accounts"] if account != own]
    content["accounts"] = [own, *others][:MOST_ACCOUNTS]
    response.set_cookie(
        COOKIE,
        signing.dumps(content, salt=_SALT),
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, Any]:
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return {"id": secrets.token_hex(16), "accounts": []}


def _digest(email: str) -> str:
    return salted_hmac(_SALT, email).hexdigest()[:32]
