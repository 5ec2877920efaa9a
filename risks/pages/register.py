"""The list of risks; htmx asks for its table alone."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from openrisk.accounts.models import Role
from openrisk.accounts.pages import MemberRequest, member_required
from risks.pages.forms import FilterForm
from risks.pages.listing import Listing


@require_safe
@member_required(Role.VIEWER)
@vary_on_headers("HX-Request", "HX-Target")
def risk_list(request: MemberRequest) -> HttpResponse:
    listing = Listing(request.membership.organization, request.GET.dict())
    form = FilterForm(listing)
    context = {
        "listing": listing,
        "form": form,
        "kept": {
            name: value
            for name, value in listing.filters.items()
            if name in listing.cleaned and name not in form.fields
        },
        "may_write": request.membership.may(Role.ANALYST),
    }
    swaps = request.htmx.target == "register" and not request.htmx.history_restore_request
    template = "risks/_swap.html" if swaps else "risks/list.html"
    response = render(request, template, context, status=400 if listing.problems else 200)
    if swaps:
        response["HX-Push-Url"] = listing.own_url  # without the fields that were left empty
    return response
