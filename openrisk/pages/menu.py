"""The side bar of the pages: what leads where, and who sees it."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Role


@dataclass(frozen=True)
class MenuEntry:
    """A link of the side bar. `route` is of an organization, unless it is one of the admin. `key`
    opens it from the keyboard."""

    label: str | Promise
    icon: str
    route: str
    role: Role = Role.VIEWER
    key: str = ""


@dataclass(frozen=True)
class MenuLink:
    label: str
    icon: str
    url: str
    is_current: bool
    key: str = ""


SECTIONS = (
    (
        MenuEntry(_("Overview"), "layout-dashboard", "home", key="g o"),
        MenuEntry(_("My work"), "circle-check-big", "analyst", key="g w"),
    ),
    (
        MenuEntry(_("Risks"), "triangle-alert", "risk-list", key="g r"),
        MenuEntry(_("Treatment"), "shield-check", "treatment", key="g t"),
        MenuEntry(_("Acceptances"), "handshake", "acceptances"),
        MenuEntry(_("Findings"), "bug", "finding-list", key="g f"),
        MenuEntry(_("Assets"), "server", "asset-list", key="g a"),
        MenuEntry(_("Controls"), "book-check", "controls", key="g c"),
    ),
    (
        MenuEntry(_("Files"), "paperclip", "files"),
        MenuEntry(_("Boards"), "chart-no-axes-combined", "boards"),
        MenuEntry(_("Reports"), "file-chart-column", "reports"),
        MenuEntry(_("Imports"), "upload", "imports"),
        MenuEntry(_("Marketplace"), "blocks", "marketplace"),
        MenuEntry(_("Deleted items"), "rotate-ccw", "deleted", Role.ANALYST),
        MenuEntry(_("Settings"), "settings", "settings"),
    ),
)


def build_menu(request: HttpRequest) -> list[list[MenuLink]]:
    """Return the sections of the side bar, with the page that is open as current."""
    membership = getattr(request, "membership", None)
    sections: list[list[tuple[str | Promise, str, str, str]]]
    if membership is None:
        sections = [[(_("Organizations"), "building-2", reverse("organization"), "")]]
    else:
        slug = membership.organization.slug
        sections = [
            [
                (entry.label, entry.icon, address_of(entry.route, slug), entry.key)
                for entry in entries
                if membership.has_role(entry.role)
            ]
            for entries in SECTIONS
        ]
    if getattr(request.user, "is_superuser", False):
        monitoring = (_("Monitoring"), "activity", reverse("monitoring"), "")
        administration = (_("Administration"), "shield-user", reverse("admin:index"), "")
        sections.append([monitoring] if membership else [administration, monitoring])
    addresses = [url for links in sections for *_rest, url, _key in links]
    home = address_of("home", membership.organization.slug) if membership else ""
    above = [
        url
        for url in addresses
        if request.path.startswith(url) and (url != home or request.path == home)
    ]
    current = max(above, key=len, default="")
    return [
        [MenuLink(str(label), icon, url, url == current, key) for label, icon, url, key in links]
        for links in sections
    ]


def section_of(request: HttpRequest) -> str:
    """Return the address, within the organization, that the side bar marks: "/risks/"."""
    links = (link for section in build_menu(request) for link in section)
    current = next((link.url for link in links if link.is_current), "/")
    prefix = f"/o/{getattr(request, 'organization_slug', '')}"
    return current.removeprefix(prefix) if current.startswith(f"{prefix}/") else "/"


def address_of(route: str, organization: str) -> str:
    return reverse(route, args=[] if ":" in route else [organization])
