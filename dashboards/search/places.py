"""Pages and actions, found by their names and by other words for them."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboards.search.query import SearchQuery
from dashboards.search.results import SearchGroup, SearchHit
from openrisk.accounts.models import Membership, Role
from openrisk.admin.menu import MENU
from openrisk.pages.menu import SECTIONS, address_of
from openrisk.text.folding import fold_text


@dataclass(frozen=True)
class Destination:
    """A page or an action, and who may open it. `other_words` find it as well as its label."""

    label: str | Promise
    route: str
    role: Role = Role.VIEWER
    other_words: str | Promise = ""
    is_post: bool = False


ACTIONS = (
    Destination(
        gettext_lazy("New risk"),
        "risk-new",
        Role.ANALYST,
        gettext_lazy("add create register risk"),
    ),
    Destination(
        gettext_lazy("Import a register"),
        "import-new",
        Role.ANALYST,
        gettext_lazy("upload spreadsheet csv xlsx excel"),
    ),
    Destination(
        gettext_lazy("Your account"),
        "account",
        other_words=gettext_lazy("profile password tokens settings"),
    ),
    Destination(
        gettext_lazy("Change the organization"),
        "organization",
        other_words=gettext_lazy("switch organizations"),
    ),
    Destination(
        gettext_lazy("API documentation"),
        "docs",
        other_words=gettext_lazy("developers rest openapi help"),
    ),
    Destination(
        gettext_lazy("Log out"),
        "logout",
        other_words=gettext_lazy("sign out leave"),
        is_post=True,
    ),
)
WITHOUT_ORGANIZATION = ("account", "organization", "docs", "logout")
# Pages of the administration that only administrators of an organization open.
ADMINISTRATORS = "accounts."
FOR_SUPERUSERS = ("accounts.User", "marketplace.TrustedPublisher")
MOST_PLACES = 6


def find_places(member: Membership, query: SearchQuery) -> list[SearchGroup]:
    """Return the actions and the pages that have every word; without words, all actions."""
    actions = [place for place in ACTIONS if member.has_role(place.role)]
    groups = [group_of("actions", _("Actions"), actions, member, query)]
    if query.words:
        groups.append(group_of("pages", _("Pages"), list_pages(member), member, query))
    return groups


def list_pages(member: Membership) -> list[Destination]:
    """Return the pages of the side bar, and the lists of the administration, that they may open."""
    pages = [
        Destination(entry.label, entry.route, entry.role)
        for section in SECTIONS
        for entry in section
    ]
    known = {page.route for page in pages}
    for group, entries in MENU:
        for model, label, _icon in entries:
            route = f"admin:{model.lower().replace('.', '_')}_changelist"
            role = Role.ADMIN if model.startswith(ADMINISTRATORS) else Role.MANAGER
            if route not in known and model not in FOR_SUPERUSERS:
                pages.append(Destination(label, route, role, f"{group} administration"))
    return [page for page in pages if member.has_role(page.role)]


def group_of(
    kind: str, label: str, places: list[Destination], member: Membership, query: SearchQuery
) -> SearchGroup:
    matches = [place for place in places if has_words(place, query)]
    matches.sort(key=lambda place: not is_named(place, query))
    return SearchGroup(
        kind=kind,
        label=label,
        hits=[place_hit(place, member) for place in matches[:MOST_PLACES]],
        total=len(matches[:MOST_PLACES]),
        is_named=bool(query.words and matches and is_named(matches[0], query)),
    )


def has_words(place: Destination, query: SearchQuery) -> bool:
    text = fold_text(f"{place.label} {place.other_words}")
    return all(f" {word}" in f" {text}" for word in query.words)


def is_named(place: Destination, query: SearchQuery) -> bool:
    return fold_text(str(place.label)).startswith(query.phrase)


def place_hit(place: Destination, member: Membership) -> SearchHit:
    if place.route in WITHOUT_ORGANIZATION:
        url = reverse(place.route)
    else:
        url = address_of(place.route, member.organization.slug)
    return SearchHit(str(place.label), url, is_post=place.is_post)
