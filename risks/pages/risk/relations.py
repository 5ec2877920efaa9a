"""The card of related risks on the page of a risk: add a relation, and remove one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once
from risks.models import RiskRelation
from risks.pages.risk.actions import run_action
from risks.pages.risk.detail import find_risk
from risks.pages.workspace.relation_form import RelationForm
from risks.services.workspace import relations


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def add_relation(request: MemberRequest, number: int) -> HttpResponse:
    risk = find_risk(request, number)
    form = RelationForm(risk.organization, request.POST)

    def relate(fields: dict[str, Any]) -> None:
        relations.relate_risks(
            actor=fields["actor"], organization=risk.organization, **form.as_fields(risk)
        )

    return run_action(request, risk, form, relate, _("The relation is added."))


@require_POST
@member_required(Role.ANALYST)
def remove_relation(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    risk = find_risk(request, number)
    own = RiskRelation.objects.filter(Q(risk=risk) | Q(other=risk))
    relation = get_object_or_404(own.select_related("risk", "other"), pk=pk)
    text = _("Removed: %s.") % relations.describe_relation(relation)
    relations.remove_relation(actor=request.membership.user, instance=relation)
    messages.success(request, text)
    return redirect("risk-page", request.organization_slug, risk.reference)
