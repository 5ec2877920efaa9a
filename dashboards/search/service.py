"""Searches everything that a member may see."""

from dashboards.search.kinds import KINDS
from dashboards.search.places import find_places
from dashboards.search.query import parse_query
from dashboards.search.results import SearchGroup, SearchResult
from openrisk.accounts.models import Membership

HITS = 5  # of a kind
MOST_HITS = 50  # where one kind is asked for
ROW_KINDS = tuple(kind.name for kind in KINDS)


def search_rows(member: Membership, text: str, kind: str = "") -> SearchResult:
    """Return the best rows of each kind, or more rows of one. Kinds that are named go first."""
    query = parse_query(text)
    limit = MOST_HITS if kind else HITS
    searched = [one for one in KINDS if query.words and kind in ("", one.name)]
    groups = [one.search(member, query, limit) for one in searched]
    return SearchResult(in_order(groups), query.is_cut)


def search_everything(member: Membership, text: str) -> SearchResult:
    """Return the same with pages and actions. A text without words finds the actions."""
    rows = search_rows(member, text)
    groups = [*rows.groups, *find_places(member, parse_query(text))]
    return SearchResult(in_order(groups), rows.is_cut)


def in_order(groups: list[SearchGroup]) -> list[SearchGroup]:
    filled = [group for group in groups if group.hits]
    return sorted(filled, key=lambda group: not group.is_named)
