"""Rating a risk, and linking assets, controls and tags, on its page."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from openrisk.accounts.models import Role
from openrisk.pages.drafts import form_on
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import create_once
from risks.pages.risk.actions import run_action
from risks.pages.risk.detail import find_risk
from risks.pages.risk.forms import LinksForm, RateForm, load_linked_rows
from risks.pages.widgets import partial_ratings
from risks.scoring import KINDS
from risks.services import risks as services
from risks.services.catalogue import create_chosen
from risks.services.matrix import matrix_of


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def rate_risk(request: MemberRequest, number: int) -> HttpResponse:
    """Set likelihood and impact of one kind."""
    risk = find_risk(request, number)
    kind = request.POST.get("kind", "")
    kind = kind if kind in KINDS else KINDS[0]
    form = RateForm(kind, matrix_of(risk.organization), risk, request.POST)

    def rate(fields: dict[str, Any]) -> None:
        services.update_risk(instance=risk, **fields)
        for sentence in partial_ratings(fields, [kind]):
            messages.warning(request, sentence)

    done = _("The %(kind)s rating is saved.") % {"kind": kind}
    return run_action(request, risk, form, rate, done)


@form_on("risk-page", "number")
@require_POST
@member_required(Role.ANALYST)
@create_once
def change_links(request: MemberRequest, number: int) -> HttpResponse:
    """Make these the assets, controls and tags of the risk; create those that are missing."""
    risk = find_risk(request, number)
    form = LinksForm(risk, load_linked_rows(risk), request.POST)

    def link(fields: dict[str, Any]) -> None:
        with transaction.atomic():
            chosen = create_chosen(actor=fields["actor"], fields=fields)
            services.update_risk(instance=risk, **chosen)

    return run_action(request, risk, form, link, _("Assets, controls and tags are saved."))
