"""What is left out of the log."""

import logging

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
