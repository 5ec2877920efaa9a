"""The installed apps of the organization, as a section of its settings."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from marketplace.models import InstalledApp
from marketplace.registry import available_connectors
from openrisk.accounts.models import Role
from openrisk.pages.guards import MemberRequest, member_required


@require_safe
@member_required(Role.VIEWER)
def installed_apps(request: MemberRequest) -> HttpResponse:
    organization = request.membership.organization
    apps = InstalledApp.objects.for_organization(organization).installed()
    connectors = available_connectors()
    rows = [(app, getattr(connectors.get(app.connector), "name", app.connector)) for app in apps]
    return render(request, "marketplace/installed.html", {"rows": rows})
