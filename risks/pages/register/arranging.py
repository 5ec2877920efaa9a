"""The page on which columns, grouping and page size of the list are chosen."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required
from risks.custom_fields.definitions import CustomFields
from risks.custom_fields.services import fields_of
from risks.custom_fields.values import SORTED
from risks.pages.register.columns import all_columns, parse_columns
from risks.pages.register.dialogs import render_dialog
from risks.pages.register.filters.fields import field_label
from risks.pages.register.grouping import GROUPINGS, custom_groupings, grouping_label
from risks.pages.register.listing import PAGE_SIZES, Listing
from risks.pages.register.query import ListQuery
from risks.querysets import RISK_ORDERS

OWN = ("columns", "group", "ordering", "page_size", "move", "page", "fold")


@require_safe
@member_required(Role.VIEWER)
def arrange_list(request: MemberRequest) -> HttpResponse:
    """Offer all columns: the chosen ones in their order, with buttons to move them."""
    query = ListQuery.read(request.GET)
    listing = Listing(request.membership.organization, query)
    custom = fields_of(request.membership.organization)
    chosen = [column.name for column in parse_columns(query.get("columns"), custom)[0]]
    names = move_column(chosen, query.get("move"))
    offered = all_columns(custom)
    rest = sorted(offered.keys() - set(names), key=lambda name: offered[name].label.casefold())
    others = {name: value for name, value in query.parameters.items() if name not in OWN}
    context = {
        "columns": [
            *((offered[name], True) for name in names),
            *((offered[name], False) for name in rest),
        ],
        "others": others,
        "orders": offered_orders(listing.order, custom),
        "usual_url": listing.url_with(columns=None),
        "groups": [
            ("", _("No groups"), not query.get("group")),
            *(
                (name, grouping_label(name, custom), name == query.get("group"))
                for name in (*GROUPINGS, *custom_groupings(custom))
            ),
        ],
        "page_sizes": [(size, str(size) == query.get("page_size", "25")) for size in PAGE_SIZES],
        "back": listing.url,
    }
    return render_dialog(request, "risks/register/arrange.html", context)


def offered_orders(current: str, custom: CustomFields) -> list[tuple[str, str, bool]]:
    """Return (parameter, words, whether it is the present one) of each order, both ways."""
    orders = []
    own = [field.name for field in custom.values() if field.kind in SORTED]
    for name in (*RISK_ORDERS, *own):
        is_level = name in RISK_ORDERS and name != "current_score"
        label = field_label(name.replace("_score", "_level") if is_level else name, custom)
        for value, words in (
            (name, _("%(field)s, ascending")),
            (f"-{name}", _("%(field)s, descending")),
        ):
            orders.append((value, words % {"field": label}, value == current))
    return orders


def move_column(names: list[str], move: str) -> list[str]:
    """Return the columns after `up:status` or `down:status`; anything else moves none."""
    direction, _colon, name = move.partition(":")
    if name not in names or direction not in ("up", "down"):
        return names
    position = names.index(name)
    other = position + (1 if direction == "down" else -1)
    if 0 <= other < len(names):
        names[position], names[other] = names[other], names[position]
    return names
