"""The refusals of the domain, as plain exceptions: services raise them and do not know who asked.

Each is turned into an answer in one place: by `openrisk.api.problems` for the API, by
`openrisk.pages.forms` for pages, and by `openrisk.admin.refusals` for the admin. Input that is
wrong is Django's `ValidationError`.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class DomainError(Exception):
    """A refusal. `reasons` are sentences for people; `code` and `details` are for programs."""

    code = "refused"
    default_reason = "This is not possible now."

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons or (self.default_reason,)
        self.details: Mapping[str, Any] = {}
        super().__init__(" ".join(self.reasons))


class Conflict(DomainError):
    """The rules of the domain do not allow this now."""

    code = "conflict"


class StaleVersion(DomainError):
    """The row has another version than the one that the caller saw."""

    code = "stale_version"
    default_reason = "Someone else changed this. Reload it and try again."


class FileTooLarge(DomainError):
    code = "body_too_large"


class InvalidParameters(DomainError):
    """Parameters of a query that cannot be used: `errors` has the reasons for each name."""

    code = "parameter"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__(*(f"{name}: {text}" for name, texts in errors.items() for text in texts))
        self.errors = errors
