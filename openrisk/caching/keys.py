"""The key of a response: a hash of all that its bytes may depend on, and of nothing else."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from openrisk import __version__


def key_parts(
    request: HttpRequest,
    *,
    view: str,
    scope: Iterable[object],
    parameters: Mapping[str, str],
    moment: str,
) -> tuple[tuple[str, str], ...]:
    """The canonical request within its scope, as named parts; the key is the `digest` of all.

    `scope` are the users that share the response, `moment` the clock as far as the view reads it.
    The host is one that Django has validated.
    """
    return (
        ("view", view),
        ("method", str(request.method)),
        ("path", request.path),
        ("scheme", str(request.scheme)),
        ("host", request.get_host()),
        ("script name", request.META.get("SCRIPT_NAME", "")),
        ("language", str(get_language())),
        ("time zone", timezone.get_current_timezone_name()),
        ("build", code_version()),
        ("clock", moment),
        ("parameters", urlencode(sorted(parameters.items()), errors="surrogatepass")),
        *(("scope", str(part)) for part in scope),
    )


def digest(*parts: Any) -> str:
    """Each part with its length before it, so that no two lists of parts look the same."""
    hashed = hashlib.sha256()
    for part in parts:
        text = str(part).encode("utf-8", "surrogatepass")
        hashed.update(len(text).to_bytes(4, "big") + text)
    return hashed.hexdigest()


PACKAGES = ("openrisk", "risks", "marketplace", "dashboards", "monitoring")


@cache
def code_version() -> str:
    """A hash of the code and its requirements: other code may answer otherwise."""
    root = Path(settings.BASE_DIR)
    files = [
        path
        for package in PACKAGES
        for kind in ("py", "html")
        for path in sorted((root / package).glob(f"**/*.{kind}"))
    ]
    texts = (path.read_text() for path in (root / "requirements.txt", *files) if path.exists())
    return digest(__version__, *texts)
