"""Masks addresses for display: the host stays visible, possible secrets do not."""

from urllib.parse import urlsplit

HIDDEN = "…"


def mask_address(address: str, *, whole: bool = False) -> str:
    """Replace user, password, query and fragment by HIDDEN.

    With `whole` also the path: that of a webhook is a secret.
    """
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        return HIDDEN if address else ""
    user, _, host = parts.netloc.rpartition("@")
    start = f"{parts.scheme}://{HIDDEN + '@' if user else ''}{host}"
    if whole:
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment)
        return start + (parts.path if is_bare else f"/{HIDDEN}")
    query = f"?{HIDDEN}" if parts.query else ""
    fragment = f"#{HIDDEN}" if parts.fragment else ""
    return f"{start}{parts.path}{query}{fragment}"
