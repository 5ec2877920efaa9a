"""Primary keys: UUIDs of version 7 (RFC 9562), which sort by creation time."""

import uuid

from uuid_utils import compat


def uuid7() -> uuid.UUID:
    """A new id. A function of our own because migrations name it for ever."""
    return compat.uuid7()
