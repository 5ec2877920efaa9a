"""The id of the request being answered, for logs and history."""

from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("openrisk_request_id", default="")


def current_request_id() -> str:
    """The id of the current request; empty outside of one."""
    return _request_id.get()


def set_request_id(value: str) -> None:
    _request_id.set(value)
