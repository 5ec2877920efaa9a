"""Choices and searches in the admin: in its lists, forms and filters, among the rows that the
person may see.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import widgets
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.http import urlencode

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Membership, Organization, User
from openrisk.text.folding import FoldedLines, filter_by_words


class FoldedSearch:
    """A list that searches as the API does; in `search_fields` where the model has no search."""

    search_fields: ClassVar[Any] = ()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if hasattr(queryset, "search"):
            return queryset.search(search_term), False
        if self.search_fields:
            queryset = filter_by_words(queryset, search_term, FoldedLines(*self.search_fields))
        return queryset, False


class AutocompleteView(AutocompleteJsonView):
    """Choices of the one organization that the form is about."""

    def get_queryset(self) -> Any:
        organization_id = self.request.GET.get("organization")
        organizations = get_access(self.request).organizations()
        chosen = [one for one in organizations if str(one.pk) == organization_id]
        rows = super().get_queryset()
        if not rows.ordered:  # counting what belongs to a row drops the model's order
            rows = rows.order_by("pk")
        if rows.model is User:
            members = Membership.objects.filter(organization__in=chosen)
            return rows.filter(pk__in=members.values("user"))
        if rows.model is Organization:
            return rows.filter(pk__in=[one.pk for one in chosen])
        return rows.filter(organization__in=chosen)


class OneOrganization(widgets.AutocompleteMixin):
    """Searches among the rows of one organization."""

    organization: Organization | None = None
    typed: Mapping[str, list[str]] = MappingProxyType({})  # of a draft, by the field's name

    def get_url(self) -> str:
        query = {"organization": str(self.organization.pk)} if self.organization else {}
        return f"{super().get_url()}?{urlencode(query)}"

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """Only what is chosen is drawn, and what a draft of the form has chosen."""
        try:
            return super().optgroups(name, [*value, *self.typed.get(name, ())], attr)
        except ValidationError:  # an id that is none
            return super().optgroups(name, value, attr)


class Autocomplete(OneOrganization, widgets.AutocompleteSelect):
    pass


class AutocompleteMultiple(OneOrganization, widgets.AutocompleteSelectMultiple):
    pass


class RelatedFilter(admin.RelatedFieldListFilter):
    """Lists the values of the person's organizations only."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        allowed, role = get_access(request), model_admin.view_role
        organizations = allowed.organizations(role)
        model = field.remote_field.model
        if model is Organization:
            rows = organizations if len(organizations) > 1 else []
            return [(row.pk, str(row)) for row in rows]
        rows = allowed.scope(model._default_manager.select_related("organization"), role)
        if len(organizations) == 1:
            return [(row.pk, str(row)) for row in rows]
        return [(row.pk, f"{row} ({row.organization})") for row in rows]
