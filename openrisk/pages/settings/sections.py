"""The sections of the settings: what leads where, and who sees it.

A page of the settings extends `settings/base.html`, which shows the sections beside it. To add one,
add a `SettingsEntry`.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.models import Role
from openrisk.pages.menu import address_of


@dataclass(frozen=True)
class SettingsEntry:
    """A page of the settings. `route` is of an organization, unless it is one of the admin."""

    label: str | Promise
    icon: str
    route: str
    description: str | Promise
    role: Role = Role.VIEWER


@dataclass(frozen=True)
class SettingsLink:
    label: str
    icon: str
    description: str
    url: str
    is_current: bool


SECTIONS: tuple[tuple[str | Promise, tuple[SettingsEntry, ...]], ...] = (
    (
        _("Organization"),
        (
            SettingsEntry(
                _("General"),
                "building-2",
                "settings-general",
                _("The name of the organization and its address."),
            ),
            SettingsEntry(
                _("Members"), "users", "settings-members", _("Who belongs to it, with which role.")
            ),
            SettingsEntry(
                _("Documents"),
                "file-text",
                "settings-documents",
                _("The logo and the confidentiality line of reports."),
            ),
            SettingsEntry(
                _("Retention"),
                "clock",
                "settings-retention",
                _("How long deleted items, files and histories are kept."),
            ),
        ),
    ),
    (
        _("Register"),
        (
            SettingsEntry(
                _("Matrix"),
                "grid-3x3",
                "settings-matrix",
                _("Likelihood, impact, and the levels they lead to."),
            ),
            SettingsEntry(
                _("Categories"),
                "layers",
                "settings-categories",
                _("The kinds of risks, and the score that is acceptable for each."),
            ),
            SettingsEntry(
                _("Custom fields"),
                "columns-3",
                "settings-fields",
                _("Fields of your own in forms, lists and files."),
            ),
            SettingsEntry(
                _("Tags"), "tags", "settings-tags", _("All tags: rename, merge and remove them.")
            ),
        ),
    ),
    (
        _("Integrations"),
        (
            SettingsEntry(
                _("Connectors"),
                "blocks",
                "settings-connectors",
                _("Apps of the marketplace that are installed here, and their state."),
            ),
            SettingsEntry(
                _("Service accounts"),
                "lock",
                "settings-tokens",
                _("Programs that use the API, and their tokens."),
                Role.ADMIN,
            ),
            SettingsEntry(
                _("Administration"),
                "shield-user",
                "admin:index",
                _("Every table of the register, with its history."),
                Role.MANAGER,
            ),
        ),
    ),
)


def build_settings_menu(request: HttpRequest) -> list[tuple[str, list[SettingsLink]]]:
    """Return the titles of the groups with the links that the member may follow."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return []
    groups = []
    for title, entries in SECTIONS:
        links = [
            SettingsLink(
                str(entry.label),
                entry.icon,
                str(entry.description),
                url := address_of(entry.route, membership.organization.slug),
                request.path.startswith(url),
            )
            for entry in entries
            if membership.has_role(entry.role)
        ]
        if links:
            groups.append((str(title), links))
    return groups
