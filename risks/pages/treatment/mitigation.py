"""The page of one mitigation."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openrisk.accounts.members.memberships import member_ids
from openrisk.accounts.models import Role
from openrisk.pages.forms import REFUSALS, StepForm, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import redirect_to_created
from risks.history.sentences import Subject
from risks.models import Mitigation, MitigationAction, MitigationStatus
from risks.models.mitigations import progress_of
from risks.overdue import FINISHED, is_past_due
from risks.pages.risk.forms import CommentForm
from risks.pages.risk.history import load_activity
from risks.pages.treatment.forms import (
    MitigationActionForm,
    ValidationForm,
    mitigation_key,
)
from risks.pages.workspace.evidence import load_card
from risks.services import mitigations as services


@require_safe
@member_required(Role.VIEWER)
def mitigation_page(request: MemberRequest, number: int) -> HttpResponse:
    return show_mitigation(request, find_mitigation(request, number))


def find_mitigation(request: MemberRequest, number: int) -> Mitigation:
    """The mitigation of this number in the organization of the page, or 404."""
    organization = request.membership.organization
    mitigations = Mitigation.objects.for_organization(organization).with_progress()
    people = ("owner", "implemented_by", "validated_by")
    mitigation: Mitigation = get_object_or_404(
        mitigations.select_related("risk__category", *people), number=number
    )
    mitigation.organization = mitigation.risk.organization = organization
    return mitigation


def show_mitigation(
    request: MemberRequest, mitigation: Mitigation, *, sent_form: Any = None, status: int = 200
) -> HttpResponse:
    """Show the page. A form that was sent replaces the empty form with its key."""
    context = page_context(request, mitigation, sent_form)
    return render(request, "risks/treatment/mitigation.html", context, status=status)


def page_context(request: MemberRequest, mitigation: Any, sent_form: Any = None) -> dict[str, Any]:
    member, today = request.membership, timezone.now().date()
    may_write = member.has_role(Role.ANALYST)
    actions = load_actions(mitigation)
    sent_key = sent_form.key if sent_form is not None else None
    status_key = mitigation_key(mitigation)
    forms: dict[str, Any] = {
        status_key: StepForm(status_key, mitigation.version),
        "new-action": MitigationActionForm(mitigation=mitigation),
    }
    is_in_review = mitigation.status == MitigationStatus.REVIEW
    four_eyes = services.reason_not_to_validate(mitigation, member.user)
    if is_in_review and not four_eyes:
        forms["validation"] = ValidationForm(mitigation.version)
    waits_for: Any = forms["new-action"].fields["depends_on"]
    waits_for.choices = [(action.pk, str(action)) for action in actions]  # are loaded already
    if isinstance(sent_form, StepForm):
        sent_form.show_version(mitigation.version)
    if sent_key in forms:
        forms[sent_key] = sent_form
    steps = services.list_steps(mitigation, member.user)
    subjects = {
        mitigation.pk: Subject(_("the mitigation"), is_main=True),
        **{
            action.pk: Subject(_("the action “%(title)s”") % {"title": action.title})
            for action in actions
        },
    }
    return {
        "mitigation": mitigation,
        "risk": mitigation.risk,
        "overdue": mitigation.is_overdue(today),
        "percent": progress_of(
            mitigation.status, mitigation.actions_done, mitigation.actions_total
        ),
        "actions": actions,
        "members": member_ids(
            mitigation.organization, {mitigation.owner_id, *(row.assignee_id for row in actions)}
        ),
        "steps": [step for step in steps if step.to != MitigationStatus.DONE],
        "validation_step": next((s for s in steps if s.to == MitigationStatus.DONE), None),
        "four_eyes": four_eyes,
        "is_in_review": is_in_review,
        "status_form": forms[status_key],
        "validation_form": forms.get("validation"),
        "action_form": forms["new-action"],
        "sent_form": sent_form,
        "sent_form_is_gone": sent_form is not None and sent_key not in forms,
        "may_write": may_write,
        "comment_form": CommentForm(),
        "evidence": load_card(member, mitigation),
        "activity": load_activity(
            request,
            mitigation,
            subjects,
            reverse("mitigation-page", args=[request.organization_slug, mitigation.reference]),
            known=[mitigation, mitigation.risk, member.user, *actions],
        ),
    }


def load_actions(mitigation: Mitigation) -> list[Any]:
    """Load the actions in their order, each with the open ones it waits for."""
    today = timezone.now().date()
    blockers = MitigationAction.objects.order_by("order", "id")
    actions: list[Any] = list(
        mitigation.actions.order_by("order", "id")
        .select_related("assignee", "done_by")
        .prefetch_related(Prefetch("depends_on", blockers))
    )
    for action in actions:
        action.mitigation = mitigation
        action.waits_for = [other for other in action.depends_on.all() if not other.done]
        is_pending = not action.done and mitigation.status not in FINISHED
        action.overdue = is_pending and is_past_due(action.due_date, today)
    return actions


def run_step(
    request: MemberRequest, mitigation: Mitigation, form: Any, change: Any, done: str
) -> HttpResponse:
    """Call `change` with the fields of the form, then lead back with the message `done`.

    After a refusal show the page with the reasons in the form.
    """
    if not form.is_valid():
        return show_mitigation(request, mitigation, sent_form=form, status=400)
    try:
        change({"actor": request.membership.user, **form.cleaned_data})
    except REFUSALS as refusal:
        form.add_refusal(refusal)
        organization = mitigation.organization
        mitigation.refresh_from_db()
        mitigation.organization = mitigation.risk.organization = organization
        return show_mitigation(request, mitigation, sent_form=form, status=status_of(refusal))
    messages.success(request, done)
    return redirect_to_created(return_address(request, mitigation))


def return_address(request: MemberRequest, mitigation: Mitigation) -> str:
    """The page that the form came from, if it says so (`next`), else that of the mitigation."""
    page = reverse("mitigation-page", args=[request.organization_slug, mitigation.reference])
    return safe_next(request) or page


def safe_next(request: HttpRequest) -> str:
    """Return `next` of the form, if it is a page of the organization, else ""."""
    address = request.POST.get("next", "")
    slug = request.organization_slug  # type: ignore[attr-defined]
    is_ours = address.startswith(f"/o/{slug}/")
    return address if is_ours and url_has_allowed_host_and_scheme(address, None) else ""


def find_action(mitigation: Mitigation, pk: UUID) -> MitigationAction:
    """The action of this mitigation, or 404."""
    action: MitigationAction = get_object_or_404(mitigation.actions.all(), pk=pk)
    action.mitigation = mitigation
    return action
