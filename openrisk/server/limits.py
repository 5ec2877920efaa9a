"""Limits of the size and speed of request bodies, in one table with the reasons.

The server enforces it while it reads (`bodies`), `openrisk.api.middleware.body_limits` for other
servers. The OpenAPI schema, SECURITY.md and the proxy's configuration say the same; tests compare
them.
"""

import re
from dataclasses import dataclass

from openrisk import env

KILOBYTE, MEGABYTE = 1024, 1024**2

REGISTER_FILE = 20 * MEGABYTE
REPORT_FILE = 256 * MEGABYTE
PACK_FILE = 32 * MEGABYTE
ATTACHMENT_FILE = env.integer("ATTACHMENT_MB", 25, maximum=1024) * MEGABYTE
ATTACHMENTS_AT_ONCE = 4 * ATTACHMENT_FILE  # of one form, which may hold several files
LOGO_FILE = MEGABYTE
FORM_AROUND_FILE = MEGABYTE
JSON_BODY = 5 * MEGABYTE
FORM_BODY = MEGABYTE
LOGIN_BODY = 64 * KILOBYTE

# A body, and each part of it so far, must arrive within GRACE seconds plus its size at LEAST_RATE.
GRACE = 10.0
LEAST_RATE = 50_000  # bytes a second: a tenth of what a slow mobile connection sends
# A large response must be taken within SEND_GRACE seconds plus its size at LEAST_RATE.
SEND_GRACE = 60.0
IDLE_SECONDS = 10  # for the lines of a request, and between two requests of a connection

# Of each worker process.
IN_MEMORY = 256 * KILOBYTE  # what is larger goes to a file
RECEIVED_AT_ONCE = 512  # bodies; one more ends the one that has been coming for longest
SPOOLED_BYTES = 2 * 1024**3  # bodies and responses in files, together


@dataclass(frozen=True)
class Limit:
    """The largest body of the addresses that `pattern` matches, and whether it may hold files."""

    pattern: re.Pattern[str]
    size: int
    takes_files: bool
    routes: str
    reason: str

    @property
    def sentence(self) -> str:
        """The refusal of a body that is larger."""
        return f"A request to this address has at most {format_size(self.size)}. Send less at once."


def _limit(pattern: str, size: int, routes: str, reason: str, *, files: bool = False) -> Limit:
    return Limit(re.compile(pattern), size, files, routes, reason)


_ORGANIZATION = "/o/[^/]+"  # pages name the organization first
# The first that matches counts.
LIMITS = (
    _limit(
        r"/api/v1/imports/$|/admin/risks/importrun/"
        rf"|{_ORGANIZATION}/(imports/|controls/statement/|assets/import/)",
        REGISTER_FILE + FORM_AROUND_FILE,
        "imports of a register",
        "a register of 100,000 rows has some 20 MB",
        files=True,
    ),
    _limit(
        rf"(/api/v1|{_ORGANIZATION})/marketplace/apps/[^/]+/sync/$",
        REPORT_FILE + FORM_AROUND_FILE,
        "reports for a connector",
        "the same as a report that is fetched",
        files=True,
    ),
    _limit(
        rf"/api/v1/marketplace/packs/$|{_ORGANIZATION}/marketplace/packs/preview/$",
        PACK_FILE + FORM_AROUND_FILE,
        "content packs",
        "a pack unpacks to at most 128 MB of text",
        files=True,
    ),
    _limit(
        r"/api/v1/attachments/$",
        ATTACHMENT_FILE + FORM_AROUND_FILE,
        "an attachment",
        "a scanned document or a recording of a few minutes",
        files=True,
    ),
    _limit(
        rf"{_ORGANIZATION}/files/add/",
        ATTACHMENTS_AT_ONCE + FORM_AROUND_FILE,
        "several attachments",
        "four of the largest in one form",
        files=True,
    ),
    _limit(
        rf"{_ORGANIZATION}/settings/documents/$",
        LOGO_FILE + FORM_AROUND_FILE,
        "the logo of documents",
        "a small picture",
        files=True,
    ),
    _limit(
        r"/api/v1/auth/|/(login|logout|organization|account|invitation)/",
        LOGIN_BODY,
        "signing in and accounts",
        "an address and a password; anyone may send it",
    ),
    _limit(r"/api/", JSON_BODY, "the rest of the API", "a bulk operation on 1,000 risks"),
    _limit(r"/", FORM_BODY, "pages and the administration", "a form with all its texts"),
)


def limit_for(path: str) -> Limit:
    """The limit of the address with this path."""
    return next((limit for limit in LIMITS if limit.pattern.match(path)), LIMITS[-1])


_LONG = re.compile(r"/(export|schema|download)/$|\.pdf$")


def is_long(path: str, limit: Limit) -> bool:
    """Whether answering may take seconds of a thread: exports, reports, files to be read."""
    return limit.takes_files or bool(_LONG.search(path))


def format_size(size: int) -> str:
    """64 kB, 5 MB."""
    if size < MEGABYTE:
        return f"{size // KILOBYTE} kB"
    return f"{size // MEGABYTE} MB"
