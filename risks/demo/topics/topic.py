"""The words of one category of risks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One category. In `measures`, {asset} reads like "the mail server of site 12"."""

    name: str
    description: str
    owner: str  # the e-mail name of the member who is accountable for most of these risks
    prefix: str  # of the identifiers of its controls
    controls: tuple[tuple[str, str], ...]  # title, text; the first is the parent of the others
    assets: tuple[tuple[str, str], ...]  # noun, type
    measures: tuple[str, ...]
    actions: tuple[str, ...]
    tags: tuple[str, ...]
