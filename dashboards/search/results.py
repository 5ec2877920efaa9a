"""The results of a search: hits in groups."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchHit:
    """Something that was found: its name, a line about it, and the page that it leads to.

    `is_post` if following it changes something, so that it takes a form instead of a link. `id` is
    that of the row; pages and actions have none.
    """

    title: str
    url: str
    reference: str = ""
    detail: str = ""
    id: str = ""
    is_post: bool = False


@dataclass(frozen=True)
class SearchGroup:
    """The best hits of one kind.

    `total` counts all of them, up to a limit: `has_more_than_total` if there are more. `url` is
    the page that lists them. `is_named` if the name of the first one begins with what is looked
    for, or is its reference.
    """

    kind: str
    label: str
    hits: list[SearchHit]
    total: int
    has_more_than_total: bool = False
    url: str = ""
    is_named: bool = False

    @property
    def is_complete(self) -> bool:
        return self.total == len(self.hits) and not self.has_more_than_total

    @property
    def total_text(self) -> str:
        return f"{self.total:,}{'+' if self.has_more_than_total else ''}"


@dataclass(frozen=True)
class SearchResult:
    """All groups with hits; `is_cut` if the text had more words than are looked for."""

    groups: list[SearchGroup]
    is_cut: bool = False
