"""The matrix: everyone sees it, administrators change it, after a preview of who moves."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from openrisk.accounts.models import Role
from openrisk.errors import StaleVersion
from openrisk.pages.confirmation import ask_first, is_cancelled
from openrisk.pages.drafts import form_on
from openrisk.pages.forms import REFUSALS, parse_version, refusal_sentence, status_of
from openrisk.pages.guards import MemberRequest, member_required, require_role
from risks.history.entries import load_history
from risks.models import Matrix
from risks.pages.colours import describe_colours
from risks.pages.settings.matrix_forms import LayoutForm, MatrixForm
from risks.services.matrix import matrix_of, preview_matrix, update_matrix
from risks.services.matrix.checks import check_fields
from risks.services.matrix.preview import MatrixPreview
from risks.services.matrix.undoing import last_change, undo_change

PAGE = "settings-matrix"
CHANGES_SHOWN = 5


@form_on()
@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER)
def matrix_page(request: MemberRequest) -> HttpResponse:
    """Show the matrix. POST previews what administrators entered; what was previewed is saved."""
    matrix = matrix_of(request.membership.organization)
    if not request.membership.has_role(Role.ADMIN):
        if request.method == "POST":
            require_role(request, Role.ADMIN)
        return render(request, "risks/settings/matrix.html", describe(matrix))
    layout = LayoutForm(matrix, request.GET)
    form = MatrixForm(matrix, layout, request.POST or None)
    if request.method != "POST":
        return show(request, layout, form)
    preview, status = None, 400
    if form.is_valid():
        try:
            if request.POST.get("step") == "save" and form.is_previewed:
                return save(request, form)
            preview, status = preview_form(form), 200
        except REFUSALS as refusal:
            form.add_refusal(refusal)
            status = status_of(refusal)
            if isinstance(refusal, StaleVersion):
                form.show_version(matrix.version)
    return show(request, layout, form, preview, status)


def preview_form(form: MatrixForm) -> MatrixPreview:
    """Return what the entered matrix would change; raise where saving would."""
    matrix, values = form.matrix, form.values()
    if form.cleaned_data["version"] != matrix.version:
        raise StaleVersion
    check_fields(matrix, values)
    levels = values.get("levels", matrix.levels)
    preview = preview_matrix(matrix.organization, levels, **form.options())
    form.remember_preview()
    return preview


def save(request: MemberRequest, form: MatrixForm) -> HttpResponse:
    values = form.values()
    if not values:
        messages.info(request, _("Nothing was changed."))
        return redirect(PAGE, request.organization_slug)
    preview = preview_form(form)
    update_matrix(
        actor=request.membership.user,
        instance=form.matrix,
        version=form.cleaned_data["version"],
        **values,
        **form.options(),
    )
    messages.success(request, saved_sentence(preview))
    return redirect(PAGE, request.organization_slug)


def saved_sentence(preview: MatrixPreview) -> str:
    if not preview.changed:
        return _("The matrix is saved. No risk changed its level.")
    return ngettext(
        "The matrix is saved. %(count)s risk changed its level.",
        "The matrix is saved. %(count)s risks changed their level.",
        preview.changed,
    ) % {"count": f"{preview.changed:,}"}


@require_POST
@member_required(Role.ADMIN)
def undo(request: MemberRequest) -> HttpResponse:
    """Take back the last change of the matrix, once the person has confirmed it."""
    matrix = matrix_of(request.membership.organization)
    if is_cancelled(request):
        return redirect(PAGE, request.organization_slug)
    consequences = [
        _("The matrix gets the labels, levels and colours from before its last change."),
        _("Risks get the ratings of before, unless someone has rated them since."),
    ]
    question = ask_first(request, _("Undo the last change of the matrix?"), consequences, _("Undo"))
    if question:
        context = {"question": question}
        return render(request, "risks/settings/matrix_undo.html", context)
    try:
        undo_change(
            actor=request.membership.user,
            matrix=matrix,
            change_id=parse_version(request.POST.get("change", "")),
        )
    except REFUSALS as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        messages.success(request, _("The last change of the matrix is undone."))
    return redirect(PAGE, request.organization_slug)


def show(
    request: MemberRequest,
    layout: LayoutForm,
    form: MatrixForm,
    preview: MatrixPreview | None = None,
    status: int = 200,
) -> HttpResponse:
    change = last_change(form.matrix)
    context = {
        **describe(form.matrix),
        "layout": layout,
        "form": form,
        "preview": preview,
        "has_changes": bool(preview and form.values()),
        "undoable": change.pk if change else None,
        "colours": describe_colours(
            {level["level"].value: level["colour"].value() or "" for level in form.level_fields}
        ),
    }
    return render(request, "risks/settings/matrix_form.html", context, status=status)


def describe(matrix: Matrix) -> dict[str, Any]:
    """Return what the page shows of the matrix as it is, and its last changes."""
    history = load_history({matrix.pk: None}, known=[matrix])
    return {"matrix": matrix, "entries": history.entries[:CHANGES_SHOWN], **draw(matrix)}


def draw(matrix: Matrix) -> dict[str, Any]:
    """Return the rows of the table, the highest likelihood first, and what the words mean."""
    return {
        "rows": [
            {
                "rating": likelihood,
                "label": matrix.likelihood_labels[likelihood - 1],
                "cells": [
                    (matrix.level(likelihood, impact), likelihood * impact)
                    for impact in matrix.impacts
                ],
            }
            for likelihood in reversed(matrix.likelihoods)
        ],
        "impacts": list(enumerate(matrix.impact_labels, 1)),
        "meanings": [
            (
                _("Likelihoods"),
                list_meanings(matrix.likelihood_labels, matrix.likelihood_descriptions),
            ),
            (_("Impacts"), list_meanings(matrix.impact_labels, matrix.impact_descriptions)),
        ],
    }


def list_meanings(labels: list[str], descriptions: list[str]) -> list[tuple[int, str, str]]:
    """Return rating, label and description of the ratings that have a description."""
    described = enumerate(zip(labels, descriptions, strict=False), 1)
    return [(rating, label, text) for rating, (label, text) in described if text]
