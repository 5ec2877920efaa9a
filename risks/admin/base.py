"""The base of the register's admin pages: they write through services and show what these refuse.

A subclass names its services: `create(actor, organization, **fields)`, `update(actor, instance,
version, **fields)` and `delete(actor, instance)`.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import Organization
from openrisk.admin.refusals import REFUSALS, as_validation_error, refusal_sentence
from openrisk.admin.site import AutocompleteMultiple, TabularInline
from openrisk.pages.confirmation import is_cancelled
from risks.admin.bulk import delete_selected
from risks.admin.forms import RegisterForm, RowForm
from risks.admin.history import render_history
from risks.admin.steps import CANCELLED, NOT_OFFERED, StepAdmin
from risks.history import recorded
from risks.services import rows
from risks.services.deletion import deletion_summary
from risks.services.workspace.comments import keep_comment

RECORD = ("Record", {"fields": ("belongs_to", "created_at", "updated_at")})


class RegisterAdmin(StepAdmin):
    form: Any = RegisterForm
    step_in_form = True
    create: Callable[..., Any] | None = None
    update: Callable[..., Any] = staticmethod(rows.update)
    delete: Callable[..., Any] = staticmethod(rows.delete)
    actions: tuple[Any, ...] = (delete_selected,)
    readonly_fields: tuple[str, ...] = ("belongs_to", "created_at", "updated_at")
    link_fields: tuple[str, ...] = ()  # many-to-many links that the form edits with a search
    object_history_template = "risks_admin/history.html"

    @admin.display(description="organization")
    def belongs_to(self, obj: Any) -> str:
        """The name without a link: the page of an organization is for its administrators."""
        return str(obj.organization)

    # --- forms --------------------------------------------------------------------------------
    def sections(self, obj: Any) -> list[Any]:
        """The fieldsets of the row itself; `obj` is None for a new row."""
        return [(None, {"fields": self.fields})]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = self.sections(obj)
        if obj is not None:
            fieldsets.append(RECORD)
        if self.has_change_permission(request, obj):
            fieldsets.append(("Reason", {"fields": ("comment", "seen_version", "opened_for")}))
        return fieldsets

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None:
            obj.organization = get_access(request).organization(obj.organization_id)
        organization = obj.organization if obj else self.find_organization(request)
        request.admin_organization = organization  # type: ignore[attr-defined]
        form = super().get_form(request, obj, change=change, **kwargs)
        form.organization = organization
        form.refusal = getattr(request, "refusal", None)
        for name in self.link_fields:
            db_field: Any = self.model._meta.get_field(name)
            form_field = form.base_fields[name]
            form_field.widget = self.autocomplete(AutocompleteMultiple, db_field, request)
            form_field.queryset = db_field.related_model.objects.for_organization(organization)
        return form

    def find_organization(self, request: HttpRequest) -> Organization | None:
        """The organization of a new row: the only one, or the one that the address names."""
        if self.change_role is None:
            return None
        organizations = get_access(request).organizations(self.change_role)
        pk = request.GET.get("organization")
        if len(organizations) == 1:
            return organizations[0]
        return next((row for row in organizations if str(row.pk) == pk), None)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        adds = object_id is None and self.has_add_permission(request)
        if adds and self.find_organization(request) is None:
            context = {
                **self.admin_site.each_context(request),
                "title": f"Add {self.opts.verbose_name}",
                "organizations": get_access(request).organizations(
                    self.change_role  # type: ignore[arg-type]  # set, since someone may add
                ),
            }
            return TemplateResponse(request, "risks_admin/organization.html", context)
        try:
            if "_step" in request.POST and (question := self.confirm_step(request, object_id)):
                return question
            return super().changeform_view(request, object_id, form_url, extra_context)
        except REFUSALS as refusal:
            # Nothing was saved. Render the form again, with the reason beside what was typed.
            request.refusal = as_validation_error(refusal)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def confirm_step(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The page that asks to confirm the step whose button was pressed; None if not needed."""
        obj = self.get_object(request, str(object_id))
        if obj is None or not self.may_step(request, obj):
            raise PermissionDenied
        if is_cancelled(request):
            raise CANCELLED
        step = self.find_step(obj, request.POST["_step"])
        if step is None:
            raise NOT_OFFERED
        return self.ask_before(request, obj, step)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Take the step whose button was pressed, now that the form is saved."""
        if "_step" not in request.POST:
            return super().response_change(request, obj)
        step = self.find_step(obj, request.POST["_step"])
        if step is None:
            raise NOT_OFFERED
        self.record_step(request, obj, step, request.seen_version)  # type: ignore[attr-defined]
        return redirect(reverse(f"{self._url_name}_change", args=[obj.pk]))

    def render_change_form(self, request: HttpRequest, context: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj is not None and not self.has_change_permission(request, obj):
            context["adminform"].form.show_values()
        return super().render_change_form(request, context, **kwargs)

    # --- writing ------------------------------------------------------------------------------
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with recorded(actor=request.user, comment=form.cleaned_data["comment"]):  # type: ignore[arg-type]
            saved = self.write_row(request, obj, form, change)
        seen = form.cleaned_data["seen_version"]
        request.seen_version = seen if saved is obj else saved.version  # type: ignore[attr-defined]
        vars(obj).update(vars(saved))  # the admin goes on with this very instance

    def write_row(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> Any:
        """Let the service write the row, and return it; `obj` itself if nothing was changed."""
        if not change:
            assert self.create is not None  # noqa: S101  else no one may add
            return type(self).create(  # type: ignore[misc]
                actor=request.user, organization=form.organization, **form.values()
            )
        changes = form.changes()
        if not changes:
            return obj
        version = form.cleaned_data["seen_version"]
        return type(self).update(actor=request.user, instance=obj, version=version, **changes)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        with recorded(actor=request.user, comment=form.cleaned_data["comment"]):  # type: ignore[arg-type]
            for formset in formsets:
                self.save_formset(request, form, formset, change)
            unchanged = not form.changes() and not any(each.has_changed() for each in formsets)
            if change and unchanged and (comment := form.cleaned_data["comment"]):
                version = request.seen_version  # type: ignore[attr-defined]
                keep_comment(
                    request.user,  # type: ignore[arg-type]
                    rows.lock_for_update(form.instance, version),
                    comment,
                )
                self.message_user(request, _("Your comment is kept."), messages.SUCCESS)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for number, row in enumerate(formset.forms, start=1):
            deleted = row in formset.deleted_forms
            if not deleted and not row.has_changed():
                continue
            try:
                formset.inline.write_row(request.user, form.instance, row, deleted)
            except REFUSALS as refusal:
                title = str(formset.model._meta.verbose_name).capitalize()
                raise ValidationError(f"{title} {number}: {refusal_sentence(refusal)}") from refusal

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        type(self).delete(actor=request.user, instance=obj)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSALS as refusal:
            self.message_user(request, refusal_sentence(refusal), messages.ERROR)
            return redirect(request.get_full_path())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return deletion_summary(objs)

    def get_actions(self, request: HttpRequest) -> Any:
        """No actions for those who may not change anything."""
        return super().get_actions(request) if self.has_change_permission(request) else {}

    # Triggers of the database write the history of the register, so Django's own log stays empty.
    def construct_change_message(self, *args: Any, **kwargs: Any) -> str:
        return ""

    def log_addition(self, *args: Any) -> None: ...

    def log_change(self, *args: Any) -> None: ...

    def log_deletions(self, *args: Any) -> None: ...

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return render_history(self, request, obj, self.history_ids(obj))

    def history_ids(self, obj: Any) -> list[Any]:
        """The ids whose changes make up the history of `obj`."""
        return [obj.pk]


class RowInline(TabularInline):
    """Rows on the page of their parent, each with the version that the person saw."""

    form: Any = RowForm
    update: Callable[..., Any] = staticmethod(rows.update)
    delete: Callable[..., Any] = staticmethod(rows.delete)

    def create(self, actor: Any, parent: Any, **fields: Any) -> Any:
        raise NotImplementedError

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.inline = self
        for form_field in formset.form.base_fields.values():
            if hasattr(form_field, "queryset") and not hasattr(form_field.widget, "get_url"):
                form_field.choices = list(form_field.choices)  # one query, not one a row
        return formset

    def write_row(self, actor: Any, parent: Any, row: Any, deleted: bool) -> None:
        version = row.cleaned_data.get("seen_version")
        if deleted:
            type(self).delete(actor=actor, instance=row.instance, version=version)
        elif row.instance._state.adding:
            fields = {name: v for name, v in row.values().items() if name != self.fk_name}
            self.create(actor, parent, **fields)
        else:
            type(self).update(actor=actor, instance=row.instance, version=version, **row.changes())
