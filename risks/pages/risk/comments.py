"""Comments and watches on the page of a risk, and the members whom a comment can mention."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.confirmation import Question, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required
from openrisk.pages.submissions import CreatedRedirect, create_once
from risks.models import Comment, Mitigation, Risk
from risks.pages.risk.actions import show_refusal
from risks.pages.risk.detail import find_risk
from risks.pages.risk.forms import CommentForm
from risks.pages.risk.history import as_item
from risks.pages.risk.tabs import ACTIVITY, tab_address
from risks.services.workspace import comments as services
from risks.services.workspace import mentions, watches


@form_on("risk-page", "number", query="tab=activity")
@require_POST
@member_required(Role.ANALYST)
@create_once
def add_comment(request: MemberRequest, number: int, pk: UUID | None = None) -> HttpResponse:
    """Post a comment on the risk, or on its mitigation `pk`."""
    risk = find_risk(request, number)
    subject = find_mitigation(risk, pk) if pk else risk
    form = CommentForm(request.POST)
    status = 400
    if form.is_valid():
        try:
            comment = services.post_comment(
                actor=request.membership.user,
                text=form.cleaned_data["comment"],
                **{"mitigation" if pk else "risk": subject},  # type: ignore[arg-type]
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
        else:
            messages.success(request, _("Your comment is posted."))
            return CreatedRedirect(comment_address(request, comment))
    if subject is risk:
        return show_refusal(request, risk, form, status)
    heading = _("Comment on %(subject)s") % {"subject": subject.reference}
    back = subject_address(request, subject)
    return show_form(request, form, risk, heading, back, status)


def find_mitigation(risk: Risk, pk: UUID) -> Mitigation:
    """The mitigation of this risk, or 404."""
    mitigation: Mitigation = get_object_or_404(risk.mitigations.all(), pk=pk)
    mitigation.organization = risk.organization
    return mitigation


def find_comment(risk: Risk, pk: UUID) -> Comment:
    """The comment on this risk or on one of its mitigations, or 404."""
    comment: Comment = get_object_or_404(risk.comments.select_related("mitigation"), pk=pk)
    comment.organization, comment.risk = risk.organization, risk
    return comment


def comment_address(request: MemberRequest, comment: Comment) -> str:
    """The comment in the activity of its mitigation, else of its risk."""
    page = subject_address(request, comment.subject)
    return f"{page}#comment-{comment.pk}"


def subject_address(request: MemberRequest, subject: Risk | Mitigation) -> str:
    """The page of a mitigation, or the activity of a risk."""
    slug = request.organization_slug
    if isinstance(subject, Mitigation):
        return resolve_url("mitigation-page", slug, subject.reference)
    return tab_address(slug, subject.reference, ACTIVITY)


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def edit_comment(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    """Show the form to edit one's own comment: in its place by htmx, else as a page."""
    risk = find_risk(request, number)
    comment = find_comment(risk, pk)
    if not services.can_edit(request.membership, comment):
        raise PermissionDenied(_("Only its author can edit a comment, until it is deleted."))
    if request.htmx and request.GET.get("cancel"):
        context = {
            "item": as_item(comment, request.membership),
            "comment": comment,
            "risk_reference": risk.reference,
        }
        return render(request, "risks/risk/_comment_body.html", context)
    form = CommentForm(request.POST or None, comment=comment)
    status = 200
    if form.is_valid():
        try:
            services.edit_comment(
                actor=request.membership.user,
                instance=comment,
                text=form.cleaned_data["comment"],
                version=form.cleaned_data["version"],
            )
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
            if isinstance(refusal, StaleVersion):
                comment.refresh_from_db()
                form.show_version(comment.version)
        else:
            messages.success(request, _("Your comment is changed."))
            return HttpResponseRedirect(comment_address(request, comment))
    elif form.is_bound:
        status = 400
    return show_form(
        request, form, risk, _("Edit comment"), comment_address(request, comment), status
    )


def show_form(
    request: MemberRequest, form: CommentForm, risk: Risk, heading: str, back: str, status: int
) -> HttpResponse:
    """Show the form by itself; `back` is where Cancel leads."""
    context = {"form": form, "risk": risk, "heading": heading, "back": back}
    template = "_comment_form" if request.htmx else "comment"
    return render(request, f"risks/risk/{template}.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_required(Role.ANALYST)
def delete_comment(request: MemberRequest, number: int, pk: UUID) -> HttpResponse:
    """Ask for confirmation, then delete the text of the comment."""
    risk = find_risk(request, number)
    comment = find_comment(risk, pk)
    page = HttpResponseRedirect(comment_address(request, comment))
    if is_cancelled(request):
        return page
    if request.POST.get("confirmed") != "yes":
        author = comment.author or _("a deleted account")
        question = Question(
            _("Delete the comment?"),
            [
                _("The text of the comment by %(author)s is removed from %(subject)s.")
                % {"author": author, "subject": comment.subject.reference},
                _("It remains in the history that the administration shows."),
            ],
            _("Delete the comment"),
            [("version", str(comment.version))],
            request.get_full_path(),
        )
        return render(request, "confirm.html", {"question": question})
    try:
        version = parse_version(request.POST.get("version", ""))
        services.delete_comment(actor=request.membership.user, instance=comment, version=version)
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        messages.success(request, _("The comment is deleted."))
    return page


@require_safe
@member_required(Role.ANALYST)
def suggest_members(request: MemberRequest) -> JsonResponse:
    """The members whose name begins as `q`, for what one writes after an @."""
    beginning = request.GET.get("q", "")[:150]
    organization = request.membership.organization
    return JsonResponse({"members": mentions.suggest_members(organization, beginning)})


@require_POST
@member_required()
def change_watch(request: MemberRequest, number: int, pk: UUID | None = None) -> HttpResponse:
    """Begin or end the person's watch of the risk, or of its mitigation `pk`."""
    risk = find_risk(request, number)
    subject = find_mitigation(risk, pk) if pk else risk
    kind = "mitigation" if pk else "risk"
    person = request.membership.user
    if request.POST.get("watch") == "no":
        watches.stop_watching(actor=person, **{kind: subject})  # type: ignore[arg-type]
        text = _("You no longer watch %(subject)s.")
    else:
        watches.start_watching(actor=person, **{kind: subject})  # type: ignore[arg-type]
        text = _("You watch %(subject)s.")
    messages.success(request, text % {"subject": subject.reference})
    return redirect(subject_address(request, subject))
