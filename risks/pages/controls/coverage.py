"""Coverage: risks beside the controls of a section, with the status of each that acts on a risk."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from openrisk.accounts.models import Membership, Organization, Role
from openrisk.caching.decorators import get_or_compute
from openrisk.errors import InvalidParameters
from openrisk.pages.forms import reasons_by_field
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.text.identifiers import natural_key
from risks import exports
from risks.api.selection import filter_by_query
from risks.api.views.exports import csv_response
from risks.models import Category, Control, ControlStatus, Level, Risk, RiskControl
from risks.pages.controls.listing import read_slice
from risks.pages.controls.progress import FrameworkProgress, load_progress
from risks.pages.listing import ANY
from risks.pages.widgets import FastSelect
from risks.querysets import RISK_ORDERS

PAGE_SIZE = 25
MOST_COLUMNS = 60
OWN = ("framework", "section", "page")  # parameters that choose no risks
RISK_FIELDS = ("pk", "reference", "title", "current_level", "current_score")
STATUS_LABELS = dict(ControlStatus.choices)


class CoverageFilterForm(forms.Form):
    """The framework and section of the columns, and the filters of the risks."""

    framework = forms.ChoiceField(label=gettext_lazy("Framework"), widget=FastSelect)
    section = forms.ChoiceField(label=gettext_lazy("Section"), widget=FastSelect)
    search = forms.CharField(
        label=gettext_lazy("Search the risks"),
        max_length=200,
        widget=forms.TextInput({"type": "search", "placeholder": gettext_lazy("Words or R-0001")}),
    )
    current_level = forms.ChoiceField(
        label=gettext_lazy("Level of the risk"), choices=[ANY, *Level.choices], widget=FastSelect
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), widget=FastSelect)
    control__isnull = forms.ChoiceField(
        label=gettext_lazy("Controls"),
        choices=[ANY, ("true", gettext_lazy("Without any")), ("false", gettext_lazy("With some"))],
        widget=FastSelect,
    )
    open = forms.ChoiceField(
        label=gettext_lazy("Risks"),
        choices=[("", gettext_lazy("All")), ("true", gettext_lazy("Open ones"))],
        widget=FastSelect,
    )

    use_required_attribute = False

    def __init__(self, coverage: "Coverage") -> None:
        chosen = {"framework": coverage.framework.pk, "section": coverage.section}
        super().__init__(initial={**coverage.query, **chosen}, auto_id="filter-%s")
        fields: dict[str, Any] = self.fields
        fields["framework"].choices = [(row.pk, row.name) for row in coverage.progress.values()]
        fields["section"].choices = coverage.section_choices
        categories = Category.objects.for_organization(coverage.organization)
        fields["category"].choices = [
            ANY,
            *(
                (str(pk), name)
                for pk, name in categories.order_by("name").values_list("pk", "name")
            ),
        ]


class Coverage:
    """The matrix for a query: its columns, and the risks that match with `problems` of the query.

    A framework with more controls than fit is shown by its sections.
    """

    def __init__(self, organization: Organization, query: Mapping[str, str]) -> None:
        self.organization = organization
        self.query = {name: value for name, value in query.items() if value != ""}
        self.progress = load_progress(organization)
        self.problems: list[str] = []
        self.framework = self.chosen_framework()
        self.section = self.chosen_section()
        self.risks = self.matching_risks()

    def chosen_framework(self) -> FrameworkProgress:
        chosen = self.query.get("framework")
        if chosen and chosen not in self.progress:
            self.problems.append(_("There is no such framework. Choose another one."))
        filled = (row for row in self.progress.values() if row.total)
        return self.progress.get(chosen or "") or next(filled, FrameworkProgress())

    def chosen_section(self) -> str:
        sections = self.framework.sections
        chosen = self.query.get("section", "")
        if chosen in sections or (not chosen and self.framework.total <= MOST_COLUMNS):
            return chosen
        if chosen:
            self.problems.append(
                _("This framework has no section “%(section)s”. Choose another one.")
                % {"section": chosen}
            )
        return next(iter(self.section_names), "")

    @cached_property
    def section_names(self) -> list[str]:
        return sorted(self.framework.sections, key=natural_key)

    @property
    def section_choices(self) -> list[tuple[str, str]]:
        """Return the sections; all of them together where they fit."""
        together = [("", _("All"))] if self.framework.total <= MOST_COLUMNS else []
        return [*together, *((name, name) for name in self.section_names if name)]

    @cached_property
    def controls(self) -> list[dict[str, Any]]:
        """Return the columns."""
        if not self.framework.pk:
            return []
        rows = Control.objects.filter(framework=UUID(self.framework.pk))
        if self.section:
            rows = rows.filter(section=self.section)
        names = ("pk", "identifier", "title", "status")
        return list(rows.order_by("sort_key", "id").values(*names)[:MOST_COLUMNS])

    def matching_risks(self) -> Any:
        filters = {name: value for name, value in self.query.items() if name not in OWN}
        try:
            risks = filter_by_query(self.organization, urlencode(filters))
        except InvalidParameters as refusal:
            self.problems += [
                text for texts in reasons_by_field(refusal).values() for text in texts
            ]
            return Risk.objects.none()
        return risks.alias(_order=RISK_ORDERS["current_score"]).order_by("-_order", "-id")

    def links_of(self, risk_ids: list[UUID]) -> dict[UUID, set[UUID]]:
        """Return the controls among the columns that act on each of these risks."""
        acting: dict[UUID, set[UUID]] = {}
        columns = [control["pk"] for control in self.controls]
        links = RiskControl.objects.filter(risk__in=risk_ids, control__in=columns)
        for risk, control in links.values_list("risk", "control"):
            acting.setdefault(risk, set()).add(control)
        return acting

    def statuses_of(self, acting: set[UUID]) -> list[str]:
        """Return the status of each column's control that acts, and "" for the others."""
        return [control["status"] if control["pk"] in acting else "" for control in self.controls]

    def url_with(self, route: str, **changes: str | int | None) -> str:
        query = {n: v for n, v in self.query.items() if n not in ("page", *changes)}
        query |= {name: str(value) for name, value in changes.items() if value is not None}
        return reverse(route, args=[self.organization.slug], query=query)


@require_safe
@member_required(Role.VIEWER)
def coverage_page(request: MemberRequest) -> HttpResponse:
    membership = request.membership
    coverage = Coverage(membership.organization, request.GET.dict())
    page = Paginator(coverage.risks, PAGE_SIZE).get_page(request.GET.get("page"))
    start = (page.number - 1) * PAGE_SIZE
    shown = coverage.risks.values(*RISK_FIELDS)
    risks = read_slice(shown, start, PAGE_SIZE, page.paginator.count)
    context = {
        "coverage": coverage,
        "form": CoverageFilterForm(coverage),
        "page": page,
        "previous_url": coverage.url_with("coverage", page=page.number - 1)
        if page.has_previous()
        else "",
        "next_url": coverage.url_with("coverage", page=page.number + 1) if page.has_next() else "",
        "export_url": coverage.url_with("coverage-export"),
        "rows": build_rows(coverage, risks),
        "totals": count_risks_of(coverage.controls),
        "gaps": count_gaps(membership),
        "statuses": STATUS_LABELS.items(),
    }
    status = 400 if coverage.problems else 200
    return render(request, "risks/controls/coverage.html", context, status=status)


def build_rows(coverage: Coverage, risks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the risks with their cells as HTML: few cells differ, so each is rendered once."""
    acting = coverage.links_of([risk["pk"] for risk in risks])
    cells = {status: render_cell(status) for status in ("", *STATUS_LABELS)}
    for risk in risks:
        statuses = coverage.statuses_of(acting.get(risk["pk"], set()))
        risk["cells"] = mark_safe("".join(cells[status] for status in statuses))  # noqa: S308  made of templates
        risk["count"] = sum(map(bool, statuses))
    return risks


def render_cell(status: str) -> SafeString:
    return render_to_string("risks/controls/_cell.html", {"status": status})


def count_risks_of(controls: list[dict[str, Any]]) -> list[int]:
    """Return the number of risks on which each control acts."""
    links = RiskControl.objects.filter(control__in=[control["pk"] for control in controls])
    counts = dict(links.order_by().values_list("control").annotate(Count("pk")))
    return [counts.get(control["pk"], 0) for control in controls]


def count_gaps(membership: Membership) -> dict[str, int]:
    """Return the numbers of risks without controls, and of controls without risks."""

    def count() -> dict[str, int]:
        organization = membership.organization
        risks = filter_by_query(organization, "open=true&control__isnull=true")
        controls = Control.objects.for_organization(organization)
        applicable = controls.exclude(status=ControlStatus.NOT_APPLICABLE)
        return {"risks": risks.count(), "controls": applicable.without_risks().count()}

    counts: dict[str, int] = get_or_compute(
        "coverage gaps",
        count,
        reads=(Risk, Control, RiskControl),
        organization_id=membership.organization_id,
        ttl=settings.CACHE_TTL_RISKS,
    )
    return counts


@require_safe
@member_required(Role.VIEWER)
def export_coverage(request: MemberRequest) -> HttpResponseBase:
    """Return the matrix of all risks that match, as CSV."""
    coverage = Coverage(request.membership.organization, request.GET.dict())
    if coverage.problems:
        return render(
            request,
            "risks/no_file.html",
            {"problems": coverage.problems, "list_url": coverage.url_with("coverage")},
            status=400,
        )
    slug = coverage.organization.slug
    name = f"coverage-{slug}-{timezone.now():%Y-%m-%d}.csv"
    return csv_response(exports.csv_text(file_rows(coverage)), name)


def file_rows(coverage: Coverage) -> Iterator[list[Any]]:
    """Yield the header, and a row for each risk with the statuses of the controls that act."""
    headers = [f"{control['identifier']} {control['title']}" for control in coverage.controls]
    yield [_("Risk"), _("Title"), _("Level"), _("Score"), *headers]
    risks = coverage.risks.values(*RISK_FIELDS).iterator(chunk_size=exports.CHUNK)
    while chunk := list(islice(risks, exports.CHUNK)):
        acting = coverage.links_of([risk["pk"] for risk in chunk])
        for risk in chunk:
            level = Level(risk["current_level"]).label if risk["current_level"] else ""
            statuses = coverage.statuses_of(acting.get(risk["pk"], set()))
            yield [
                risk["reference"],
                risk["title"],
                str(level),
                risk["current_score"],
                *(str(STATUS_LABELS[status]) if status else "" for status in statuses),
            ]
