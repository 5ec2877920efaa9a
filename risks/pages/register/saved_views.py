"""Saved views over the list of risks: which one an address opens, and saving, editing, deleting."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from openrisk.accounts.models import Membership, Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import (
    REFUSALS,
    PageForm,
    VersionField,
    parse_version,
    refusal_sentence,
)
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import DefaultView, SavedView
from risks.pages.register.dialogs import render_dialog
from risks.pages.register.query import VIEW_OF_ALL, ListQuery, list_address
from risks.services.workspace import saved_views as services

MOST_TABS = 6


@dataclass(frozen=True)
class OpenedView:
    """The query of an address with the saved view that it names, or that the list opens with."""

    query: ListQuery
    views: Sequence[Any] = ()  # those that the person sees
    current: Any = None
    problems: list[str] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Return whether there is something to save: other than the view, or than all risks."""
        return self.query.differs_from(self.current.query if self.current else {})

    @property
    def has_default(self) -> bool:
        """Return whether the bare address opens a view."""
        return any(view.is_own_default or view.is_default_for_all for view in self.views)

    @property
    def tabs(self) -> list[Any]:
        """The views beside the list: the first ones, and always the current one."""
        tabs = list(self.views[:MOST_TABS])
        if self.current and self.current not in tabs:
            tabs[-1] = self.current
        return tabs

    @property
    def more_views(self) -> list[Any]:
        return [view for view in self.views if view not in self.tabs]


def visible_views(membership: Membership) -> list[Any]:
    """Return the views that the person sees, with whether the list opens with them."""
    views = SavedView.objects.for_organization(membership.organization)
    defaults = DefaultView.objects.filter(view=OuterRef("pk"))
    return list(
        views.visible_to(membership.user).annotate(
            is_own_default=Exists(defaults.filter(user=membership.user)),
            is_default_for_all=Exists(defaults.filter(user=None)),
        )
    )


def open_view(membership: Membership, query: ListQuery) -> OpenedView:
    """Return what the address shows. An address without any parameter opens the default view."""
    views = visible_views(membership)
    slug = query.get("view")
    if slug == VIEW_OF_ALL:
        return OpenedView(query, views)
    if slug:
        current = next((view for view in views if view.slug == slug), None)
        if current is None:
            problem = _(
                "There is no view “%(name)s”, or it is not shared with you. Ask the person who "
                "sent you the address."
            )
            return OpenedView(query, views, problems=[problem % {"name": slug[:60]}])
        return OpenedView(query.opened(current.query), views, current)
    if not query.parameters:
        own = next((view for view in views if view.is_own_default), None)
        current = own or next((view for view in views if view.is_default_for_all), None)
        if current:
            named = ListQuery({"view": current.slug})
            return OpenedView(named.opened(current.query), views, current)
    return OpenedView(query, views)


class SavedViewForm(PageForm):
    """The name of a view, who sees it, and whether the list opens with it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    shared = forms.BooleanField(
        label=gettext_lazy("Share with all members of the organization"), required=False
    )
    own_default = forms.BooleanField(
        label=gettext_lazy("Open the list with this view for me"), required=False
    )
    default_for_all = forms.BooleanField(
        label=gettext_lazy(
            "Open the list with this view for everyone without a choice of their own"
        ),
        required=False,
    )
    version = VersionField(required=False)

    def __init__(self, membership: Membership, view: Any = None, data: Any = None) -> None:
        initial = {}
        if view:
            initial = {
                "name": view.name,
                "shared": view.shared,
                "version": view.version,
                "own_default": view.defaults.filter(user=membership.user).exists(),
                "default_for_all": view.defaults.filter(user=None).exists(),
            }
        super().__init__(data, initial=initial)
        self.membership, self.view = membership, view
        if not membership.has_role(Role.ANALYST):
            del self.fields["shared"]
        if not membership.has_role(Role.MANAGER):
            del self.fields["default_for_all"]
        if view and not services.can_edit(membership.user, view):
            del self.fields["name"]
            self.fields.pop("shared", None)

    @transaction.atomic
    def save(self, query: dict[str, str] | None = None) -> Any:
        """Create the view with `query`, or change it. Raise what the services refuse."""
        actor, fields = self.membership.user, self.cleaned_data
        values = {name: fields[name] for name in ("name", "shared") if name in fields}
        view = self.view
        if view is None:
            view = services.create_view(
                actor=actor,
                organization=self.membership.organization,
                query=query or {},
                **values,
            )
        elif any(name in self.changed_data for name in values):
            version = fields.get("version")
            view = services.update_view(actor=actor, instance=view, version=version, **values)
        for name, for_all in (("own_default", False), ("default_for_all", True)):
            if name in self.changed_data and name in fields:
                change = services.set_default if fields[name] else services.clear_default
                change(actor=actor, view=view, for_all=for_all)
        return view


@member_required(Role.VIEWER)
@form_on()
@create_once
def new_view(request: MemberRequest) -> HttpResponse:
    """Save what the list shows under a name; the query of the address says what that is."""
    opened = open_view(request.membership, ListQuery.read(request.GET))
    form = SavedViewForm(request.membership, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            view = form.save(opened.query.to_save)
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
            return redirect_to_created(view_address(request.organization_slug, view))
    current = opened.current
    may_update = current and services.can_edit(request.membership.user, current)
    context = {
        "form": form,
        "back": list_address(request.organization_slug, opened.query),
        "query": opened.query.encode(),
        "updated": current if may_update else None,
    }
    status = 400 if form.errors else 200
    return render_dialog(request, "risks/register/save_view.html", context, status)


@require_POST
@member_required(Role.VIEWER)
@form_on("risk-list")
def update_view(request: MemberRequest, slug: str) -> HttpResponse:
    """Let a view show what the list shows now."""
    view = find_view(request, slug)
    query = ListQuery.read(request.GET)
    version = parse_version(request.POST.get("version", ""))
    try:
        services.update_view(
            actor=request.membership.user, instance=view, version=version, query=query.to_save
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect(list_address(request.organization_slug, query))
    messages.success(request, _("View “%(name)s” updated.") % {"name": view.name})
    return redirect(view_address(request.organization_slug, view))


@member_required(Role.VIEWER)
@form_on()
def edit_view(request: MemberRequest, slug: str) -> HttpResponse:
    """Change the name of a view, who sees it, and whether the list opens with it."""
    view = find_view(request, slug)
    form = SavedViewForm(request.membership, view, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            form.save()
        except REFUSALS as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("View “%(name)s” changed.") % {"name": view.name})
            return redirect(view_address(request.organization_slug, view))
    context = {
        "form": form,
        "view": view,
        "may_edit": services.can_edit(request.membership.user, view),
        "address": request.build_absolute_uri(view_address(request.organization_slug, view)),
        "back": view_address(request.organization_slug, view),
    }
    return render(
        request, "risks/register/edit_view.html", context, status=400 if form.errors else 200
    )


@require_POST
@member_required(Role.VIEWER)
def delete_view(request: MemberRequest, slug: str) -> HttpResponse:
    view = find_view(request, slug)
    if is_cancelled(request):
        return redirect("risk-view-edit", request.organization_slug, slug)
    consequences = [_("Its address leads nowhere then. No risk is changed.")]
    if view.shared:
        consequences.insert(0, _("It is shared: others lose it too."))
    title = _("Delete the view “%(name)s”?") % {"name": view.name}
    if question := ask_first(request, title, consequences, _("Delete the view")):
        return render(request, "confirm.html", {"question": question})
    try:
        services.delete_view(
            actor=request.membership.user,
            instance=view,
            version=parse_version(request.POST.get("version", "")),
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("risk-view-edit", request.organization_slug, slug)
    messages.success(request, _("View “%(name)s” deleted.") % {"name": view.name})
    return redirect(f"{reverse('risk-list', args=[request.organization_slug])}?view={VIEW_OF_ALL}")


def find_view(request: MemberRequest, slug: str) -> Any:
    """Return a view that the person sees, or 404."""
    views = SavedView.objects.for_organization(request.membership.organization)
    return get_object_or_404(views.visible_to(request.membership.user), slug=slug)


def view_address(organization: str, view: Any) -> str:
    return list_address(organization, ListQuery({"view": view.slug}))
