"""The rules that propose risks of findings: their list, the editor with its preview."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Role
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import (
    REFUSALS,
    PageForm,
    VersionField,
    parse_version,
    refusal_sentence,
    status_of,
)
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once, redirect_to_created
from risks.models import FindingRule, Matrix
from risks.pages.findings.forms import add_rating
from risks.services import proposals, rows
from risks.services.matrix import matrix_of
from risks.services.triage import rules as services

RULE_FIELDS = (
    *("name", "active", "minimum_severity", "known_exploited", "minimum_epss"),
    "minimum_criticality",
)
LABELS = {
    "name": gettext_lazy("Name"),
    "active": gettext_lazy("Active: it proposes risks after each scan"),
    "minimum_severity": gettext_lazy("Severity at least"),
    "known_exploited": gettext_lazy("Only findings that are known to be exploited (KEV)"),
    "minimum_epss": gettext_lazy("EPSS at least"),
    "minimum_criticality": gettext_lazy("Criticality of the asset at least"),
}
USUAL = 3  # of a new rule, likelihood and impact
RATINGS = {"likelihood": "inherent_likelihood", "impact": "inherent_impact"}


class RuleForm(PageForm):
    """A rule: the findings it is about, and the rating of the risks that it proposes."""

    service_fields = RATINGS
    confirmed = forms.BooleanField(
        label=gettext_lazy("Save it although it would propose very many risks"), required=False
    )
    version = VersionField(required=False)

    def __init__(self, matrix: Matrix, rule: FindingRule | None, data: Any = None) -> None:
        stored = rule or FindingRule()
        initial: dict[str, Any] = {name: getattr(stored, name) for name in RULE_FIELDS}
        initial |= {field: getattr(stored, name) or USUAL for name, field in RATINGS.items()}
        super().__init__(data, initial={**initial, "version": stored.version})
        columns = forms.fields_for_model(FindingRule, fields=RULE_FIELDS)
        for name in RULE_FIELDS:
            field: Any = columns[name]
            field.label = LABELS[name]
            self.fields[name] = field
        self.fields["known_exploited"].help_text = ""
        self.picker = add_rating(self, matrix)

    @property
    def rule_fields(self) -> dict[str, Any]:
        """Return the fields of the rule, as the services take them."""
        fields = {name: self.cleaned_data[name] for name in RULE_FIELDS}
        return fields | {name: self.cleaned_data[field] for name, field in RATINGS.items()}


@require_safe
@member_required(Role.VIEWER)
def rule_list(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    context = {
        "rules": FindingRule.objects.for_organization(organization).order_by("name", "id"),
        "may_write": request.membership.has_role(Role.ANALYST),
        "may_decide": request.membership.has_role(Role.MANAGER),
    }
    return render(request, "risks/findings/rules.html", context)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def new_rule(request: MemberRequest) -> HttpResponse:
    return edit(request, None)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.MANAGER)
@create_once
def edit_rule(request: MemberRequest, pk: UUID) -> HttpResponse:
    return edit(request, find_rule(request, pk))


def find_rule(request: MemberRequest, pk: UUID) -> FindingRule:
    """Return the rule in the organization of the page, or 404."""
    organization = request.membership.organization
    rule: FindingRule = get_object_or_404(FindingRule.objects.for_organization(organization), pk=pk)
    rule.organization = organization
    return rule


def edit(request: MemberRequest, rule: FindingRule | None) -> HttpResponse:
    """Show the form with what the rule would propose, or save it."""
    organization = request.membership.organization
    form = RuleForm(matrix_of(organization), rule, request.POST or None)
    status, preview = 400 if form.errors else 200, None
    if form.is_valid():
        tried = FindingRule(organization=organization, **form.rule_fields)
        if request.POST.get("step") == "preview":
            preview = services.preview_rule(tried)
        else:
            try:
                save_rule(request, form, rule)
            except REFUSALS as refusal:
                form.add_refusal(refusal)
                status = status_of(refusal)
                if isinstance(refusal, services.TooManyProposals):
                    preview = services.preview_rule(tried)
                if rule is not None:
                    rule.refresh_from_db()
                    form.show_version(rule.version)
            else:
                messages.success(request, _("Rule “%(name)s” saved.") % {"name": tried.name})
                return redirect_to_created("finding-rules", request.organization_slug)
    context = {
        "form": form,
        "rule": rule,
        "preview": preview,
        "heading": _("Edit the rule") if rule else _("New rule"),
    }
    return render(request, "risks/findings/rule.html", context, status=status)


def save_rule(request: MemberRequest, form: RuleForm, rule: FindingRule | None) -> None:
    fields = {**form.rule_fields, "confirmed": form.cleaned_data["confirmed"]}
    actor = request.membership.user
    if rule is None:
        organization = request.membership.organization
        services.create_rule(actor=actor, organization=organization, **fields)
    else:
        version = form.cleaned_data["version"]
        services.update_rule(actor=actor, instance=rule, version=version, **fields)


@require_POST
@member_required(Role.MANAGER)
def delete_rule(request: MemberRequest, pk: UUID) -> HttpResponse:
    rule = find_rule(request, pk)
    if is_cancelled(request):
        return redirect("finding-rule", request.organization_slug, pk)
    title = _("Delete the rule “%(name)s”?") % {"name": rule.name}
    consequences = [_("It proposes no more risks. What it has proposed stays.")]
    if question := ask_first(request, title, consequences, _("Delete the rule")):
        return render(request, "confirm.html", {"question": question})
    try:
        version = parse_version(request.POST.get("version", ""))
        rows.delete(actor=request.membership.user, instance=rule, version=version)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
        return redirect("finding-rule", request.organization_slug, pk)
    messages.success(request, _("Rule “%(name)s” deleted.") % {"name": rule.name})
    return redirect("finding-rules", request.organization_slug)


@require_POST
@member_required(Role.ANALYST)
@create_once
def propose_now(request: MemberRequest) -> HttpResponse:
    """Propose risks of the findings that exist by all active rules."""
    organization = request.membership.organization
    number = proposals.propose_risks(actor=request.membership.user, organization=organization)
    if not number:
        messages.info(request, _("No new risk is proposed: no other finding meets a rule."))
        return redirect_to_created("finding-rules", request.organization_slug)
    text = ngettext(
        "%(number)s risk is proposed. Decide about it here.",
        "%(number)s risks are proposed. Decide about them here.",
        number,
    )
    messages.success(request, text % {"number": f"{number:,}"})
    return redirect_to_created(reverse("queue-list", args=[request.organization_slug, "proposals"]))
