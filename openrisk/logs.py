"""How lines of the log look, and what is left out of it."""

import logging
import os
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

LONGEST = 200  # characters of what a client sent


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


def add_process(logger: Any, name: str, event: EventDict) -> EventDict:
    """Which of several processes says it."""
    event["pid"] = os.getpid()
    return event


def renderer(log_format: str) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.processors.LogfmtRenderer(
        sort_keys=True, key_order=["timestamp", "level", "event"], drop_missing=True
    )
