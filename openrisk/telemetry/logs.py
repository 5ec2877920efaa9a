"""The format of the log, and filters that shorten it or leave secrets out."""

import logging
import os
import re
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

LONGEST = 200  # characters of what a client sent
_INVITATION = re.compile(r"(/invitation/)[^/\s?\"']+")


class ClientFaults(logging.Filter):
    """Shortens what Django logs of requests that it refuses: anyone can cause it at will.

    A refused host, say, is one line without a traceback, however long the host is.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            text = record.getMessage()
            record.msg = text[:LONGEST] + "..." * (len(text) > LONGEST)
            record.args = ()
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class HideInvitations(logging.Filter):
    """Leaves out of an invitation's address what accepts it, as in refused requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str) and "/invitation/" in (text := record.getMessage()):
            record.msg, record.args = hide_invitation(text), ()
        return True


def hide_invitation(text: str) -> str:
    """`text` without the secrets of invitations' addresses in it."""
    return _INVITATION.sub(r"\1...", text)


def add_process(logger: Any, name: str, event: EventDict) -> EventDict:
    """Add the id of the process."""
    event["pid"] = os.getpid()
    return event


CONTEXT: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    add_process,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def create_formatter(
    log_format: str, context: Sequence[Processor] = CONTEXT
) -> structlog.stdlib.ProcessorFormatter:
    """A formatter of keyed lines: `log_format` is logfmt or json."""
    renderer = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.processors.LogfmtRenderer(
            sort_keys=True, key_order=["timestamp", "level", "event"], drop_missing=True
        )
    )
    return structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=context)


def create_server_formatter() -> structlog.stdlib.ProcessorFormatter:
    """A formatter for granian's own lines (openrisk/server/log.json).

    Its first process has no Django settings; `serve` has checked LOG_FORMAT before it started it.
    """
    return create_formatter(os.environ.get("LOG_FORMAT", "logfmt"))
