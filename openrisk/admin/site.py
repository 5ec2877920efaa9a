"""Django admin: its site and the base of every ModelAdmin. Only this module imports unfold.

Managers and administrators of an organization enter, and superusers. What they see and may do
follows from their role in each organization; Django's permission tables are not used.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import update_wrapper
from typing import Any
from uuid import UUID

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import widgets
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.templatetags.static import static
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.dataclasses import Favicon
from unfold.forms import AdminPasswordChangeForm, PaginationInlineFormSet
from unfold.paginator import InfinitePaginator
from unfold.sites import UnfoldAdminSite
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Membership, Role, User
from openrisk.admin.autocomplete import (
    Autocomplete,
    AutocompleteMultiple,
    AutocompleteView,
    FoldedSearch,
    RelatedFilter,
)
from openrisk.admin.menu import BACK, HOME, MENU, OPERATING
from openrisk.limits import LINE
from openrisk.pages import drafts
from openrisk.pages.accounts.sign_in import ask_for_login
from openrisk.pages.drafts import form_on
from openrisk.pages.submissions import AGAIN, create_once, mark_created, mark_redirect_created

__all__ = (
    "AdminPasswordChangeForm",
    "AutocompleteMultiple",
    "FilteredModelAdmin",
    "InfinitePaginator",
    "LinesField",
    "ModelAdmin",
    "RelatedFilter",
    "TabularInline",
    "UnfoldAdminCheckboxSelectMultipleWidget",
    "UnfoldAdminColorInputWidget",
    "UnfoldAdminFileFieldWidget",
    "UnfoldAdminIntegerFieldWidget",
    "UnfoldAdminPasswordWidget",
    "UnfoldAdminSelectWidget",
    "UnfoldAdminTextInputWidget",
    "UnfoldAdminTextareaWidget",
    "UnfoldBooleanSwitchWidget",
    "site",
)


# --- The site ---------------------------------------------------------------------------------
class AdminSite(UnfoldAdminSite):
    """The admin of OpenRisk; people log in where everyone does."""

    index_title = "Overview"

    # The context that every POST runs in, given its `actor`: the register records who acts.
    recording: Callable[..., AbstractContextManager[None]] = staticmethod(
        lambda actor: nullcontext()
    )

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and get_access(request).can_enter

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The site's own login, which limits failures; those inside who may not enter get 403."""
        index = reverse("admin:index")
        if not request.user.is_authenticated:
            destination = request.GET.get("next") or index
            return redirect_to_login(destination, resolve_url(settings.LOGIN_URL))
        if self.has_permission(request):
            return redirect(index)
        raise PermissionDenied(
            "The administration is for managers and administrators of an organization."
        )

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        def recorded_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            with self.recording(actor=request.user):
                return view(request, *args, **kwargs)

        guarded = super().admin_view(update_wrapper(recorded_view, view), cacheable)

        def keeping_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            """Keeps what was typed through a login, and fills it into the form again."""
            draft = None if request.user.is_authenticated else drafts.draft_of(request)
            if draft:
                return ask_for_login(request, draft)
            drafts.forget_sent(request)
            response = guarded(request, *args, **kwargs)
            drafts.fill_draft(request, response)
            return response

        return update_wrapper(keeping_view, guarded)

    def get_urls(self) -> list[Any]:
        """Without the redirect to any object's page by its id, which knows no organizations."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return AutocompleteView.as_view(admin_site=self)(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        icon = static("openrisk/favicon.svg")
        return {
            **super().each_context(request),
            "styles": [static("openrisk/admin.css")],
            "scripts": [static("openrisk/admin_theme.js")],
            "site_icon": icon,
            "site_favicons": [Favicon(icon, rel="icon", type="image/svg+xml")],
        }

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = [{"items": [BACK, self._navigated(request, HOME)]}]
        for title, entries in MENU:
            items = [
                self._navigated(request, {"title": name, "icon": icon, "link": link})
                for label, name, icon in entries
                if (link := self._list_url(request, label))
            ]
            groups.append({"title": title, "items": items})
        if get_access(request).superuser:
            title, pages = OPERATING
            items = [
                self._navigated(request, {"title": text, "icon": icon, "link": reverse(name)})
                for name, text, icon in pages
            ]
            groups.append({"title": title, "items": items})
        return groups

    def _list_url(self, request: HttpRequest, label: str) -> str:
        """The model's list, or nothing where the person may not see it."""
        model = apps.get_model(label)
        model_admin = self._registry.get(model)
        if model_admin is None or not model_admin.has_view_permission(request):
            return ""
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    def _navigated(self, request: HttpRequest, item: dict[str, Any]) -> dict[str, Any]:
        here = request.path
        index = item["link"] == reverse("admin:index")
        active = here == item["link"] if index else here.startswith(item["link"])
        return {**item, "active": active, "has_permission": True}


site = AdminSite()


# --- What every ModelAdmin has -----------------------------------------------------------------
MOST_LINES = 200


class LinesField(forms.CharField):
    """A list of texts, one a line; compared as a set."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget({"rows": 3}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        text = super().to_python(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))
        if len(value) > MOST_LINES or any(len(line) > LINE for line in value):
            raise ValidationError(
                f"At most {MOST_LINES} lines of at most {LINE} characters each are kept."
            )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(self.to_python(data))


class Scoped:
    """Permissions from roles, and form choices from the one organization that a form is about."""

    view_role = Role.MANAGER
    change_role: Role | None = Role.MANAGER  # None: read-only for everyone

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return get_access(request).has_role(self.view_role, organization_id(obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        role = self.change_role
        return role is not None and get_access(request).has_role(role, organization_id(obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return get_access(request).has_role(self.view_role)

    def edited(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that the form of this request edits; none where it adds one."""
        raise NotImplementedError

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        organization = request.admin_organization  # type: ignore[attr-defined]
        model = db_field.remote_field.model
        if model is not User:
            return model._default_manager.for_organization(organization)
        members = Membership.objects.filter(organization=organization)
        # People who left the organization stay selected here until someone changes it.
        present = self.edited(request).values(db_field.attname)
        return User.objects.filter(Q(pk__in=members.values("user")) | Q(pk__in=present))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = self.autocomplete(Autocomplete, db_field, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def autocomplete(self, kind: Any, db_field: Any, request: HttpRequest) -> Any:
        widget = kind(db_field, site)
        widget.organization = request.admin_organization  # type: ignore[attr-defined]
        widget.typed = drafts.draft_fields(request)
        return widget

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the links to add or change the related row in a popup."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if formfield and isinstance(formfield.widget, widgets.RelatedFieldWidgetWrapper):
            formfield.widget = formfield.widget.widget
        return formfield


def organization_id(obj: Any) -> UUID | None:
    """The organization of a row; None for no row (unfold passes ids as well, without one)."""
    return getattr(obj, "organization_id", None) if isinstance(obj, Model) else None


class FilteredModelAdmin(FoldedSearch, UnfoldModelAdmin):
    """A list that takes what its own filters ask, and nothing else: no regular expressions, no
    fishing in hashes."""

    secret_fields: tuple[str, ...] = ()  # of its forms; never kept in a draft
    sent_again = AGAIN  # the message where the same form is sent twice

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        allowed: set[str] = set()
        for item in self.get_list_filter(request):
            if isinstance(item, type):  # a class of its own, with a parameter of its own
                allowed.add(item.parameter_name)  # type: ignore[attr-defined]
                continue
            name = item if isinstance(item, str) else item[0]
            lookups = ("exact", "id__exact", "isnull")
            allowed |= {name, *(f"{name}__{ending}" for ending in lookups)}
        return lookup in allowed

    @form_on()
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        add = super().add_view

        def add_row(request: HttpRequest) -> HttpResponse:
            return mark_redirect_created(add(request, form_url, extra_context))

        return create_once(add_row, again=self.sent_again)(request)

    @form_on()
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, extra_context)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        if isinstance(response, HttpResponseRedirect):
            return response
        # A popup, which tells the page that opened it and closes.
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return mark_created(response, f"{reverse(page)}?{IS_POPUP_VAR}=1")


class ModelAdmin(Scoped, FilteredModelAdmin):
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    warn_unsaved_form = True
    view_on_site = False
    show_facets = admin.ShowFacets.NEVER  # one count per value of each filter

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = get_access(request).scope(super().get_queryset(request), self.view_role)
        return rows.select_related("organization", *(self.list_select_related or ()))

    def edited(self, request: HttpRequest) -> QuerySet[Any]:
        obj = request.admin_object  # type: ignore[attr-defined]
        return self.model._default_manager.filter(pk=obj.pk if obj else None)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        request.admin_object = obj  # type: ignore[attr-defined]
        return super().get_form(request, obj, change=change, **kwargs)

    def shows_history(self, request: HttpRequest) -> bool:
        return True

    @form_on()
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {"show_history": self.shows_history(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        if not self.shows_history(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Names the organization where it is not the same in every row."""
        columns = super().get_list_display(request)
        if len(get_access(request).organizations(self.view_role)) > 1:
            return columns
        return [column for column in columns if column != "organization"]


class _LoadedId(forms.UUIDField):
    """The id of the row that the form has loaded already; Django would load each once more."""

    widget = forms.HiddenInput

    def __init__(self, row: Any) -> None:
        super().__init__(required=False)
        self.initial = self.expected = None if row._state.adding else row.pk

    def clean(self, value: Any) -> Any:
        if super().clean(value) != self.expected:
            raise ValidationError("This row is gone. Open the page again.")
        return self.expected


class RowFormSet(PaginationInlineFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"] = _LoadedId(form.instance)


class TabularInline(Scoped, UnfoldTabularInline):
    formset = RowFormSet
    extra = 0

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """As many blank rows as a draft of the form had added."""
        parent: Any = self.model._meta.get_field(self.fk_name)
        prefix = parent.remote_field.get_accessor_name(model=self.model)
        return max(self.extra, drafts.added_rows(request, prefix))

    def edited(self, request: HttpRequest) -> QuerySet[Any]:
        parent = request.admin_object  # type: ignore[attr-defined]
        return self.model._default_manager.filter(**{self.fk_name: parent})
