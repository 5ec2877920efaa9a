"""Pages over the list that open as a dialog where scripts run."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from openrisk.pages.guards import MemberRequest


def render_dialog(
    request: MemberRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of its own, or for htmx its title and content alone."""
    is_dialog = bool(request.htmx)
    base = "risks/register/_dialog.html" if is_dialog else "base.html"
    return render(
        request, template, {**context, "base": base, "is_dialog": is_dialog}, status=status
    )
