"""Saved views of the list of risks: who may change them, and which one the list opens with."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.text import slugify
from django.utils.translation import gettext as _

from openrisk.accounts.members.memberships import membership_of
from openrisk.accounts.models import Organization, Role, User
from openrisk.errors import Conflict
from risks.history import recorded
from risks.models import DefaultView, SavedView
from risks.services import rows

MOST_VIEWS = 500  # of an organization
RESERVED_SLUGS = frozenset({"all", "new"})  # "all" is the list without a view


def has_role(actor: User, organization: Organization, role: Role) -> bool:
    membership = membership_of(actor, organization)
    return membership is not None and membership.has_role(role)


def can_edit(actor: User, view: SavedView) -> bool:
    """Return whether the view is the person's own, or a shared one that they manage."""
    return view.owner_id == actor.pk or (
        view.shared and has_role(actor, view.organization, Role.MANAGER)
    )


def check_can_edit(actor: User, view: SavedView) -> None:
    if not can_edit(actor, view):
        raise PermissionDenied(
            _("Only %(owner)s and managers can change this view. Save it as a view of your own.")
            % {"owner": view.owner}
        )


def check_can_share(actor: User, organization: Organization) -> None:
    if not has_role(actor, organization, Role.ANALYST):
        raise PermissionDenied(_("Sharing a view needs the role analyst. Save it for yourself."))


def create_view(
    *,
    actor: User,
    organization: Organization,
    name: str,
    query: dict[str, str] | None = None,
    shared: bool = False,
) -> SavedView:
    """Save a view under a name, whose address is made of the name."""
    if shared:
        check_can_share(actor, organization)
    with recorded(actor=actor):
        # One at a time in an organization: two at once would find the same address free.
        Organization.objects.select_for_update().get(pk=organization.pk)
        slugs = SavedView.objects.for_organization(organization).values_list("slug", flat=True)
        if len(slugs) >= MOST_VIEWS:
            raise Conflict(
                _("There are %(most)s views already. Delete one that is not needed.")
                % {"most": MOST_VIEWS}
            )
        return rows.create(
            SavedView,
            actor=actor,
            organization=organization,
            owner=actor,
            name=" ".join(name.split()),
            slug=find_free_slug(name, set(slugs)),
            shared=shared,
            query=query or {},
        )


def find_free_slug(name: str, used: set[str]) -> str:
    base = slugify(name)[:50] or "view"
    slug, number = base, 1
    while slug in used or slug in RESERVED_SLUGS:
        number += 1
        slug = f"{base}-{number}"
    return slug


def update_view(
    *, actor: User, instance: SavedView, version: int | None = None, **fields: Any
) -> SavedView:
    """Change the name, the query or the sharing; the address stays.

    A view that is no longer shared is no longer the default of others.
    """
    check_can_edit(actor, instance)
    if fields.get("shared") and not instance.shared:
        check_can_share(actor, instance.organization)
    with recorded(actor=actor):
        view: SavedView = rows.update(actor=actor, instance=instance, version=version, **fields)
        if not view.shared:
            view.defaults.exclude(user=view.owner).delete()
    return view


def delete_view(*, actor: User, instance: SavedView, version: int | None = None) -> None:
    """Delete a view; the list opens without it for those whose default it was."""
    check_can_edit(actor, instance)
    rows.delete(actor=actor, instance=instance, version=version)


def set_default(*, actor: User, view: SavedView, for_all: bool = False) -> None:
    """Let the list open with `view` for the person, or for all members without one of their own."""
    if for_all:
        check_can_set_for_all(actor, view)
        if not view.shared:
            raise Conflict(_("Share the view first: members cannot open one that is yours alone."))
    user = None if for_all else actor
    with recorded(actor=actor):
        Organization.objects.select_for_update().get(pk=view.organization_id)
        DefaultView.objects.for_organization(view.organization).filter(user=user).delete()
        DefaultView.objects.create(organization=view.organization, view=view, user=user)


def clear_default(*, actor: User, view: SavedView, for_all: bool = False) -> None:
    """Let the list open without `view` again."""
    if for_all:
        check_can_set_for_all(actor, view)
    with recorded(actor=actor):
        view.defaults.filter(user=None if for_all else actor).delete()


def check_can_set_for_all(actor: User, view: SavedView) -> None:
    if not has_role(actor, view.organization, Role.MANAGER):
        raise PermissionDenied(
            _("The view that the list opens with for all members is set by managers.")
        )
