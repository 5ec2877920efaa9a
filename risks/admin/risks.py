"""Risks in the admin: the list, the page with its mitigations, and actions on many at once."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from openrisk.accounts.members.access import get_access
from openrisk.accounts.models import User
from openrisk.admin.refusals import refusal_sentence
from openrisk.admin.site import (
    LinesField,
    RelatedFilter,
    UnfoldAdminSelectWidget,
    site,
)
from openrisk.errors import Conflict
from risks import states
from risks.admin.base import RegisterAdmin, RowInline
from risks.admin.bulk import apply_to_all, bulk_action_page, change_risks, delete_selected
from risks.admin.display import level_badge, progress_bar
from risks.admin.forms import (
    CategoryForm,
    OwnerForm,
    ReviewForm,
    TransitionForm,
)
from risks.admin.steps import StepButton
from risks.admin.workspace.custom_fields_of_risks import CustomFieldsAdmin, CustomFieldsForm
from risks.api.views.exports import export_response
from risks.fields import FIELD, FIELDS, RATINGS, Kind
from risks.models import Asset, BulkKind, Category, Control, Mitigation, Risk, Status
from risks.models.mitigations import progress_of
from risks.querysets import RISK_ORDERS
from risks.scoring import KINDS
from risks.services import mitigations as mitigation_services
from risks.services import risks as services
from risks.services.bulk_changes.wording import title_of
from risks.services.matrix import matrix_of
from risks.text import count_text

# The order of the sections of the form; which fields each has is in `risks.fields`.
SECTIONS = ("Risk", "Assessment", "People", "Treatment", "Review", "Origin")
READ_ONLY = [
    field.name
    for field in FIELDS
    if field.admin_section and field.kind in (Kind.COMPUTED, Kind.STATUS)
]
FIGURE_TEXTS = {field.name: f"{field.name}_text" for field in FIELDS if field.kind is Kind.FIGURE}
RATING_COLUMNS = [f"{kind}_rating" for kind in KINDS]


# --- the form ---------------------------------------------------------------------------------
class RiskAdminForm(CustomFieldsForm):
    initial_status = forms.ChoiceField(
        label=_("Status"),
        choices=[(status, Status(status).label) for status in reversed(services.INITIAL_STATUSES)],
        widget=UnfoldAdminSelectWidget,
        required=False,
    )
    tags = LinesField(required=False, help_text=_("One per line"))
    assets = forms.ModelMultipleChoiceField(Asset.objects.none(), required=False)
    controls = forms.ModelMultipleChoiceField(Control.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.initial["tags"] = []
        else:
            self.initial["tags"] = [tag.name for tag in self.instance.tags.all()]
        matrix = matrix_of(self.organization)
        for name in RATINGS:
            if name in self.fields:
                likelihood = name.endswith("likelihood")
                labels = matrix.likelihood_labels if likelihood else matrix.impact_labels
                self.fields[name] = rating_field(name, labels)

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {**values, "status": values.pop("initial_status") or Status.IDENTIFIED.value}

    def changes(self) -> dict[str, Any]:
        changes = super().changes()
        changes.pop("initial_status", None)
        return changes


def rating_field(name: str, labels: list[str]) -> forms.TypedChoiceField:
    ratings = [(step, f"{step} - {label}") for step, label in enumerate(labels, 1)]
    return forms.TypedChoiceField(
        label=name.replace("_", " ").capitalize(),
        choices=[("", "Not assessed"), *ratings],
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


class MitigationInline(RowInline):
    model = Mitigation
    fk_name = "risk"
    tab = True
    show_change_link = True
    update = staticmethod(mitigation_services.update_mitigation)
    fields = ("title", "progress", "status", "priority", "owner", "due_date", "seen_version")
    readonly_fields = ("progress", "status")

    def create(self, actor: User, parent: Risk, **fields: Any) -> Mitigation:
        return mitigation_services.create_mitigation(
            actor=actor, organization=parent.organization, risk=parent, **fields
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_progress().order_by("number")

    def progress(self, mitigation: Any) -> SafeString | str:
        if mitigation._state.adding:
            return "-"
        total, done = mitigation.actions_total, mitigation.actions_done
        return progress_bar(progress_of(mitigation.status, done, total))


# --- the list ---------------------------------------------------------------------------------
class AttentionFilter(admin.SimpleListFilter):
    title = "attention"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "Open"),
            ("review_overdue", "Review overdue"),
            ("not_assessed", "Open, not assessed"),
            ("derived", "Ratings derived, not confirmed"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Risk] | None:
        filters = {
            "open": queryset.open,
            "review_overdue": queryset.review_overdue,
            "not_assessed": lambda: queryset.open().filter(current_score__isnull=True),
            "derived": lambda: queryset.exclude(derived_ratings={}),
        }
        apply = filters.get(self.value() or "")
        return apply() if apply else None


@admin.register(Risk, site=site)
class RiskAdmin(CustomFieldsAdmin):
    form = RiskAdminForm
    create = staticmethod(services.create_risk)
    update = staticmethod(services.update_risk)
    delete = staticmethod(services.delete_risk)
    link_fields = ("assets", "controls")
    inlines = (MitigationInline,)
    list_display = (
        "reference",
        "title",
        "status",
        "level",
        "category",
        "owner_label",
        "treatment",
        "next_review_label",
        "organization",
    )
    list_display_links = ("reference", "title")
    list_select_related = ("category", "owner")
    list_filter = (
        AttentionFilter,
        "current_level",
        "status",
        "treatment",
        ("category", RelatedFilter),
        ("organization", RelatedFilter),
    )
    search_fields = ("title",)
    search_help_text = "Words of the title, description, owner or external id, or a reference"
    ordering = ("-number", "id")
    actions = (
        *("bulk_transition", "bulk_owner", "bulk_category", "bulk_review"),
        *("export_csv", "export_xlsx", delete_selected),
    )
    readonly_fields = (
        *RegisterAdmin.readonly_fields,
        *RATING_COLUMNS,
        *READ_ONLY,
        *FIGURE_TEXTS.values(),
        "imported_columns",
    )

    # --- the list
    @admin.display(description="level", ordering=RISK_ORDERS["current_score"])
    def level(self, risk: Risk) -> SafeString:
        return level_badge(risk.current_level, risk.current_score)

    @admin.display(description="owner", ordering="owner__email")
    def owner_label(self, risk: Risk) -> str:
        """The member who is accountable, or the imported name."""
        return risk.owner_label or "-"

    @admin.display(description="next review", ordering=RISK_ORDERS["next_review_at"])
    def next_review_label(self, risk: Risk) -> str:
        if risk.next_review_at is None:
            return "-"
        overdue = risk.is_review_overdue(timezone.now())
        return f"{risk.next_review_at:%Y-%m-%d}{' (overdue)' if overdue else ''}"

    # --- the page
    def view_on_site(self, risk: Risk) -> str:  # type: ignore[override]  # a bool or a method
        """Return the address of the page of the risk, to which the form links."""
        return reverse("risk-page", args=[risk.organization.slug, risk.reference])

    def sections(self, obj: Risk | None) -> list[Any]:
        """The sections of `risks.fields`; a new risk has no computed fields and no origin."""
        fields: dict[str, list[Any]] = {section: [] for section in SECTIONS}
        for field in FIELDS:
            section = fields.get(field.admin_section)
            if section is None or (obj is None and not field.is_writable):
                continue
            if field.kind is Kind.STATUS:
                section.append("status" if obj else "initial_status")
            elif field.kind is Kind.EXTRA:
                section.append("imported_columns")
            elif field.kind is not Kind.RATING:
                section.append(FIGURE_TEXTS.get(field.name, field.name))
        pairs = [*zip(RATINGS[::2], RATINGS[1::2], strict=True)]
        scores = RATING_COLUMNS if obj else []
        fields["Assessment"] = [*pairs, *scores, *fields["Assessment"]]
        if obj is None:
            del fields["Origin"]
        titles = {"Risk": None}
        return [(titles.get(name, name), {"fields": names}) for name, names in fields.items()]

    def inherent_rating(self, risk: Risk) -> SafeString:
        return level_badge(risk.inherent_level, risk.inherent_score)

    def residual_rating(self, risk: Risk) -> SafeString:
        return level_badge(risk.residual_level, risk.residual_score)

    def target_rating(self, risk: Risk) -> SafeString:
        return level_badge(risk.target_level, risk.target_score)

    @admin.display(description=FIELD["source_ratings"].title)
    def source_ratings_text(self, risk: Risk) -> str:
        return describe_figures(risk.source_ratings)

    @admin.display(description=FIELD["derived_ratings"].title)
    def derived_ratings_text(self, risk: Risk) -> str:
        return describe_figures(risk.derived_ratings)

    def imported_columns(self, risk: Risk) -> SafeString | str:
        """The imported columns that have no field of their own."""
        return format_html_join("", "<div><b>{}</b>: {}</div>", risk.extra.items()) or "-"

    def history_ids(self, risk: Risk) -> list[Any]:
        mitigations = risk.mitigations.all()
        return [
            risk.pk,
            *mitigations.values_list("pk", flat=True),
            *mitigations.filter(actions__isnull=False).values_list("actions__pk", flat=True),
            *risk.acceptances.values_list("pk", flat=True),
        ]

    def step_buttons(self, risk: Risk) -> list[StepButton]:
        transitions = [
            StepButton(
                transition.to,
                f"Move to {transition.label}",
                transition.reasons,
                warning=states.WARNINGS.get(transition.to, ""),
            )
            for transition in states.list_transitions(states.guard_context_of(risk))
        ]
        confirmations = [
            StepButton(f"confirm-{kind}", f"Confirm {kind} rating") for kind in risk.derived_ratings
        ]
        return [*transitions, StepButton("review", "Mark as reviewed"), *confirmations]

    def take_step(self, request: HttpRequest, obj: Risk, name: str, **known: Any) -> None:
        if name == "review":
            services.mark_reviewed(actor=request.user, risk=obj, **known)  # type: ignore[arg-type]
        elif name.startswith("confirm-"):
            kind = name.removeprefix("confirm-")
            services.confirm_ratings(actor=request.user, risk=obj, kind=kind, **known)  # type: ignore[arg-type]
        else:
            services.take_transition(actor=request.user, risk=obj, to=name, **known)  # type: ignore[arg-type]

    # --- many at once
    @admin.action(description="Change status…", permissions=["change"])
    def bulk_transition(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return self.ask_and_change(request, queryset, BulkKind.STATUS, TransitionForm)

    @admin.action(description="Mark reviewed…", permissions=["change"])
    def bulk_review(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return bulk_action_page(
            self,
            request,
            queryset,
            title=lambda count: f"Mark {count_text(count, 'risk')} as reviewed",
            form=ReviewForm,
            apply=lambda risks, answers: apply_to_all(
                self,
                request,
                risks,
                lambda risk: services.mark_reviewed(
                    actor=request.user,  # type: ignore[arg-type]
                    risk=risk,
                    **answers,
                ),
                "reviewed",
            ),
        )

    @admin.action(description="Set owner…", permissions=["change"])
    def bulk_owner(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        form = partial(OwnerForm, organizations=get_access(request).organizations())
        return self.ask_and_change(request, queryset, BulkKind.OWNER, form)

    @admin.action(description="Set category…", permissions=["change"])
    def bulk_category(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        categories = get_access(request).scope(Category.objects.all())
        form = partial(CategoryForm, categories=categories)
        return self.ask_and_change(request, queryset, BulkKind.CATEGORY, form)

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        return self.export_selected(request, queryset, "csv")

    @admin.action(description="Export as XLSX", permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: Any) -> HttpResponseBase | None:
        return self.export_selected(request, queryset, "xlsx")

    def export_selected(
        self, request: HttpRequest, queryset: Any, kind: str
    ) -> HttpResponseBase | None:
        """Return the file; None, with a message, if it cannot be written."""
        pks = set(queryset.order_by().values_list("organization", flat=True).distinct()[:2])
        if len(pks) != 1:
            text = "A file holds the risks of one organization. Filter by organization first."
            self.message_user(request, text, messages.ERROR)
            return None
        organization = get_access(request).organization(pks.pop())
        try:
            return export_response(queryset, organization, kind)
        except Conflict as refusal:
            self.message_user(request, refusal_sentence(refusal), messages.ERROR)
            return None

    def ask_and_change(
        self, request: HttpRequest, queryset: Any, kind: str, form: Any
    ) -> HttpResponse | None:
        return bulk_action_page(
            self,
            request,
            queryset,
            title=partial(title_of, kind),
            form=form,
            apply=lambda risks, answers: change_risks(self, request, risks, kind, answers),
        )


def describe_figures(texts: dict[str, str]) -> str:
    return "; ".join(f"{kind}: {text}" for kind, text in texts.items()) or "-"
