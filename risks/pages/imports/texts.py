"""Texts about a file, for pages: those of the command name its arguments too."""

import re

_ARGUMENTS = re.compile(r"\s*\((?:--[a-z-]+(?: [^()]*?)?)+\)")


def without_arguments(text: str) -> str:
    """Return the text without "(--sheet 'IT')"."""
    return _ARGUMENTS.sub("", text)
