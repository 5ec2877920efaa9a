"""The rows that a list shows for a query, for what acts on all of them."""

from django.http import QueryDict

from openrisk.accounts.models import Membership
from openrisk.errors import InvalidParameters
from risks.pages.register.listing import Listing
from risks.pages.register.query import ListQuery

BOARD_PARAMETERS = ("column", "from")  # which cards of the board, not which risks


def list_matching(membership: Membership, query: str) -> Listing:
    """Return the list for a query string; raise InvalidParameters where it cannot be used."""
    given = QueryDict(query, mutable=True)
    for name in BOARD_PARAMETERS:
        given.pop(name, None)
    listing = Listing(membership.organization, ListQuery.read(given), membership.user)
    if listing.problems:
        raise InvalidParameters({"query": listing.problems})
    return listing
