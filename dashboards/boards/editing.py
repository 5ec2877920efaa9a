"""What people do with boards: who sees which, make, arrange, share and delete."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.text import slugify

from dashboards.models import Board
from openrisk.accounts.models import Membership, Organization, Role
from openrisk.errors import Conflict, StaleVersion

MOST_BOARDS = 200  # of an organization
MOST_WIDGETS = 24
RESERVED_SLUGS = ("analyst", "new", "executive")  # other pages, and the report
FIRST_WIDGETS = ("number:open", "number:exposure", "matrix:current", "timeline:90")


def visible_to(member: Membership) -> QuerySet[Board]:
    """Their own, and those that somebody shares."""
    boards: QuerySet[Board] = Board.objects.for_organization(member.organization)
    return boards.filter(Q(shared=True) | Q(owner=member.user))


def can_edit(member: Membership, board: Board) -> bool:
    return board.owner_id == member.user_id or (board.shared and member.has_role(Role.MANAGER))


def create_board(member: Membership, name: str) -> Board:
    """A board with a few widgets to begin with, seen by its owner alone."""
    name = " ".join(name.split())
    boards = Board.objects.for_organization(member.organization)
    with transaction.atomic():
        # One at a time in an organization: two at once would find the same address free.
        Organization.objects.select_for_update().get(pk=member.organization.pk)
        if boards.count() >= MOST_BOARDS:
            raise Conflict(
                f"There are {MOST_BOARDS} boards already. Delete one that is not needed."
            )
        return Board.objects.create(
            organization=member.organization,
            owner=member.user,
            name=name,
            slug=_free_slug(name, set(boards.values_list("slug", flat=True))),
            widgets=[{"name": widget, "wide": False} for widget in FIRST_WIDGETS],
        )


def _free_slug(name: str, taken: set[str]) -> str:
    base = slugify(name)[:50] or "board"
    taken |= set(RESERVED_SLUGS)
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(slug for slug in numbered if slug not in taken)


def update_board(board: Board, version: int, **fields: Any) -> Board:
    """Name, sharing, filters or widgets. StaleVersion if someone was faster."""
    changed = Board.objects.filter(pk=board.pk, version=version).update(
        **fields, version=version + 1
    )
    if not changed:
        raise StaleVersion(
            "Someone else changed this board since you opened it. Its widgets are shown as they "
            "are now; what you typed is still here."
        )
    board.refresh_from_db()
    return board


def add_widget(board: Board, name: str) -> list[dict[str, Any]]:
    if len(board.widgets) >= MOST_WIDGETS:
        raise Conflict(f"A board has at most {MOST_WIDGETS} figures. Take one away first.")
    return [*board.widgets, {"name": name, "wide": False}]


# What can be done with the widget at a place: (widgets, place) -> widgets.
Widgets = list[dict[str, Any]]
ARRANGEMENTS: dict[str, Callable[[Widgets, int], Widgets]] = {
    "up": lambda widgets, place: _swapped(widgets, place, place - 1),
    "down": lambda widgets, place: _swapped(widgets, place, place + 1),
    "remove": lambda widgets, place: widgets[:place] + widgets[place + 1 :],
    "width": lambda widgets, place: [
        widget | {"wide": not widget.get("wide")} if number == place else widget
        for number, widget in enumerate(widgets)
    ],
}


def _swapped(widgets: Widgets, one: int, other: int) -> Widgets:
    """At the ends there is nothing to change places with."""
    if not 0 <= other < len(widgets):
        return widgets
    result = list(widgets)
    result[one], result[other] = result[other], result[one]
    return result
