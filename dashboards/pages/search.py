"""The search as a page, and its results alone for the dialog that Ctrl+K opens."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboards.search.service import ROW_KINDS, search_everything, search_rows
from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required


@require_safe
@member_required(Role.VIEWER)
def search_page(request: MemberRequest) -> HttpResponse:
    """The results of `q`; with `kind`, more of this kind. Works without a script."""
    text, kind = request.GET.get("q", ""), request.GET.get("kind", "")
    if kind in ROW_KINDS:
        result = search_rows(request.membership, text, kind)
    else:
        result = search_everything(request.membership, text)
        kind = ""
    context = {"result": result, "query": text, "kind": kind}
    return render(request, "dashboards/search/page.html", context)


@require_safe
@member_required(Role.VIEWER)
def search_results(request: MemberRequest) -> HttpResponse:
    """The options of the dialog."""
    text = request.GET.get("q", "")
    context = {"result": search_everything(request.membership, text), "query": text}
    return render(request, "dashboards/search/_options.html", context)
