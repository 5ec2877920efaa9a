"""The rules of boards: who sees and edits them, creating, changing, arranging widgets."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from dashboards.models import Board
from openrisk.accounts.models import Membership, Organization, Role
from openrisk.errors import Conflict, StaleVersion
from risks.models import DeletedItem
from risks.services import rows

MOST_BOARDS = 200  # of an organization
MOST_WIDGETS = 24
RESERVED_SLUGS = ("analyst", "new", "executive")  # addresses of other pages, and of the PDF
FIRST_WIDGETS = ("number:open", "number:exposure", "matrix:current", "timeline:90")

Widgets = list[dict[str, Any]]


def visible_to(member: Membership) -> QuerySet[Board]:
    """Return the member's own boards, and those that are shared."""
    boards: QuerySet[Board] = Board.objects.for_organization(member.organization)
    return boards.select_related("organization").filter(Q(shared=True) | Q(owner=member.user))


def can_edit(member: Membership, board: Board) -> bool:
    return board.owner_id == member.user_id or (board.shared and member.has_role(Role.MANAGER))


def create_board(member: Membership, name: str) -> Board:
    """Create a board with a few widgets, which only its owner sees."""
    name = " ".join(name.split())
    boards = Board.objects.for_organization(member.organization)
    with transaction.atomic():
        # One at a time in an organization: two at once would find the same slug free.
        Organization.objects.select_for_update().get(pk=member.organization.pk)
        if boards.count() >= MOST_BOARDS:
            raise Conflict(
                _("There are %(most)s boards already. Delete one that is not needed.")
                % {"most": MOST_BOARDS}
            )
        return Board.objects.create(
            organization=member.organization,
            owner=member.user,
            name=name,
            slug=find_free_slug(name, set(boards.values_list("slug", flat=True))),
            widgets=[{"name": widget, "wide": False} for widget in FIRST_WIDGETS],
        )


def find_free_slug(name: str, used: set[str]) -> str:
    base = slugify(name)[:50] or "board"
    taken = used | set(RESERVED_SLUGS)
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def update_board(board: Board, version: int, **fields: Any) -> Board:
    """Change name, sharing, filters or widgets. Raises StaleVersion if someone was faster."""
    unchanged = Board.objects.filter(pk=board.pk, version=version)
    if not unchanged.update(**fields, version=version + 1):
        raise StaleVersion(
            "Someone else changed this board since you opened it. Its widgets are shown as they "
            "are now; your input is kept. Check it and save again."
        )
    board.refresh_from_db()
    return board


def delete_board(member: Membership, board: Board) -> DeletedItem:
    """Delete a board, with the reports that show it; the item restores all of it."""
    return rows.delete(actor=member.user, instance=board)


def add_widget(board: Board, name: str) -> Widgets:
    if len(board.widgets) >= MOST_WIDGETS:
        raise Conflict(
            _("A board has at most %(most)s widgets. Remove one first.") % {"most": MOST_WIDGETS}
        )
    return [*board.widgets, {"name": name, "wide": False}]


def swap_widgets(widgets: Widgets, position: int, other: int) -> Widgets:
    """Swap two widgets. At the ends there is none to swap with, and nothing changes."""
    if not (0 <= position < len(widgets) and 0 <= other < len(widgets)):
        return widgets
    result = list(widgets)
    result[position], result[other] = result[other], result[position]
    return result


def toggle_width(widgets: Widgets, position: int) -> Widgets:
    return [
        widget | {"wide": not widget.get("wide")} if number == position else widget
        for number, widget in enumerate(widgets)
    ]


# The buttons beside a widget: (widgets, position) -> widgets.
ARRANGEMENTS: dict[str, Callable[[Widgets, int], Widgets]] = {
    "up": lambda widgets, position: swap_widgets(widgets, position, position - 1),
    "down": lambda widgets, position: swap_widgets(widgets, position, position + 1),
    "remove": lambda widgets, position: widgets[:position] + widgets[position + 1 :],
    "width": toggle_width,
}
