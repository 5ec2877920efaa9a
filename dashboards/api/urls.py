"""The figures under /api/v1/dashboards/, and the search."""

from django.urls import path

from dashboards.api.document_settings import DocumentSettingsViewSet
from dashboards.api.export_views import FigureExportViewSet
from dashboards.api.search import SearchViewSet
from dashboards.api.views import PARAMETERS, DashboardViewSet

NAMES = {action: action.replace("_", "-") for action in PARAMETERS}

document_settings = DocumentSettingsViewSet.as_view({"get": "retrieve", "patch": "partial_update"})

urlpatterns = [path("search/", SearchViewSet.as_view({"get": "list"}), name="search-rows")]
urlpatterns += [path("document-settings/", document_settings, name="document-settings")]
urlpatterns += [
    path(
        f"dashboards/{name}/", DashboardViewSet.as_view({"get": action}), name=f"dashboards-{name}"
    )
    for action, name in NAMES.items()
] + [
    path(
        f"dashboards/{name}/export/",
        FigureExportViewSet.as_view({"get": action}),
        name=f"dashboards-{name}-export",
    )
    for action, name in NAMES.items()
]
