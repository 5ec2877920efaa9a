"""Links: to addresses from outside, and from mail and messages to pages."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

SCHEMES = ("http", "https", "mailto")
# What browsers leave out of an address before they look for its scheme, or cannot be seen.
_INVISIBLE = re.compile(
    r"[\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\ufeff\\]"
)


def safe_link(text: str) -> str:
    """`text` if it is an address that a page may link to, else an empty string.

    That is http, https or mailto, without blanks, control characters or backslashes, and with a
    host or a recipient. Everything else is shown as text: `javascript:`, `data:`, addresses of
    this site.
    """
    if _INVISIBLE.search(text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme not in SCHEMES:
        return ""
    return text if (parts.path if parts.scheme == "mailto" else parts.hostname) else ""


def page_url(page: str, *args: Any) -> str:
    """The whole address of a page as people reach it (SITE_URL), for mail and messages."""
    return f"{settings.SITE_URL}{reverse(page, args=args)}"
