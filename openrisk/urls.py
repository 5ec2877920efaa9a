"""All routes: the API, its schema and documentation, the admin, the pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularSwaggerSplitView

from monitoring.api.views import HealthDetailViewSet
from openrisk.admin.site import site
from openrisk.api.middleware.database_retry import is_marked_lost
from openrisk.api.problems import is_api, problem_response
from openrisk.api.schema.view import SchemaView
from openrisk.pages.accounts.organization_addresses import old_address_page
from openrisk.pages.display import choose_display
from openrisk.pages.styleguide import styleguide
from openrisk.request_state import DATABASE_LOST
from openrisk.telemetry.request_ids import current_request_id
from risks.pages.choices import search_choices


@csrf_exempt  # or a POST to a mistyped address would be told that a form has expired
def _no_route(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return problem_response(404, f"There is no {request.path}. See /api/docs/ for what there is.")


pages_of_an_organization: list[Any] = [
    path("", include("dashboards.pages.urls")),
    path("risks/", include("risks.pages.urls")),
    path("deleted/", include("risks.pages.workspace.deleted_urls")),
    path("files/", include("risks.pages.workspace.file_urls")),
    path("controls/", include("risks.pages.controls.urls")),
    path("findings/", include("risks.pages.findings.urls")),
    path("treatment/", include("risks.pages.treatment.urls")),
    path("assets/", include("risks.pages.assets.urls")),
    path("queues/", include("risks.pages.queues.urls")),
    path("acceptances/", include("risks.pages.queues.acceptance_urls")),
    path("choices/<slug:kind>/", search_choices, name="choices"),
    path("imports/", include("risks.pages.imports.urls")),
    path("marketplace/", include("marketplace.pages.urls")),
    path("settings/", include("openrisk.pages.settings.urls")),
    path("settings/", include("risks.pages.settings.urls")),
    path("settings/fields/", include("risks.pages.settings.fields_urls")),
    path("settings/", include("marketplace.pages.settings_urls")),
    path("settings/", include("dashboards.pages.reports.settings_urls")),
    path("reports/", include("dashboards.pages.reports.urls")),
]
urlpatterns = [
    path("api/v1/auth/", include("openrisk.api.accounts.urls")),
    path("api/v1/", include("risks.api.urls")),
    path("api/v1/", include("dashboards.api.urls")),
    path("api/v1/marketplace/", include("marketplace.api.urls")),
    path("api/v1/monitoring/", include("monitoring.api.urls")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html"),
        name="docs",
    ),
    re_path(r"^api/", _no_route),
    path("admin/", site.urls),
    path("o/<slug:organization>/", include(pages_of_an_organization)),
    re_path(r"^(?:risks|dashboards|marketplace)/", old_address_page),
    path("monitoring/", include("monitoring.pages.urls")),
    path("display/", choose_display, name="display"),
    path("styleguide/", styleguide, name="styleguide"),
    path("health/detail", HealthDetailViewSet.as_view({"get": "list"}), name="health-detail"),
    path("", include("openrisk.pages.accounts.urls")),
]


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(400, "The request is malformed or its host is not allowed here.")
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(403, "This is not allowed.")
    return defaults.permission_denied(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return _no_route(request)
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    if is_marked_lost(request):  # the request was fine, and will be
        detail = request.META[DATABASE_LOST]
        if is_api(request):
            response = problem_response(503, detail)
        else:
            response = HttpResponse(f"<h1>OpenRisk</h1><p>{detail}</p>", status=503)
        response["Retry-After"] = "1"
        return response
    if is_api(request):
        return problem_response(
            500,
            f"Something went wrong. Report the request id {current_request_id()} to your operator.",
        )
    return defaults.server_error(request)
