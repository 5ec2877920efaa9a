"""The register under /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from risks.api.views.catalogue import AssetViewSet, ControlViewSet, FrameworkViewSet
from risks.api.views.exports import RiskExportViewSet
from risks.api.views.findings import (
    FindingRuleViewSet,
    FindingViewSet,
    ProposalViewSet,
    SuggestionViewSet,
)
from risks.api.views.imports import ImportRowViewSet, ImportSourceViewSet, ImportViewSet
from risks.api.views.matrix import MatrixViewSet
from risks.api.views.risks import CategoryViewSet, RiskViewSet
from risks.api.views.treatment import AcceptanceViewSet, ActionViewSet, MitigationViewSet
from risks.api.views.workspace.attachments import AttachmentViewSet
from risks.api.views.workspace.bulk_changes import BulkChangeRowViewSet, BulkChangeViewSet
from risks.api.views.workspace.comments import CommentViewSet
from risks.api.views.workspace.custom_fields import CustomFieldViewSet
from risks.api.views.workspace.deleted_items import DeletedItemViewSet
from risks.api.views.workspace.relations import RiskRelationViewSet
from risks.api.views.workspace.sample_data import SampleDataViewSet
from risks.api.views.workspace.saved_views import SavedViewViewSet
from risks.api.views.workspace.watches import WatchViewSet

router = SimpleRouter(use_regex_path=False)
for name, viewset in (
    ("risks", RiskViewSet),
    ("categories", CategoryViewSet),
    ("mitigations", MitigationViewSet),
    ("actions", ActionViewSet),
    ("acceptances", AcceptanceViewSet),
    ("assets", AssetViewSet),
    ("frameworks", FrameworkViewSet),
    ("controls", ControlViewSet),
    ("findings", FindingViewSet),
    ("finding-rules", FindingRuleViewSet),
    ("risk-proposals", ProposalViewSet),
    ("likelihood-suggestions", SuggestionViewSet),
    ("attachments", AttachmentViewSet),
    ("imports", ImportViewSet),
    ("import-sources", ImportSourceViewSet),
    ("saved-views", SavedViewViewSet),
    ("risk-changes", BulkChangeViewSet),
    ("comments", CommentViewSet),
    ("watches", WatchViewSet),
    ("deleted-items", DeletedItemViewSet),
    ("risk-relations", RiskRelationViewSet),
    ("custom-fields", CustomFieldViewSet),
):
    router.register(name, viewset, basename=name)

matrix = MatrixViewSet.as_view({"get": "retrieve", "patch": "partial_update"})
urlpatterns = [
    path("risks/export/", RiskExportViewSet.as_view({"get": "list"}), name="risks-export"),
    path(
        "imports/<uuid:run>/rows/",
        ImportRowViewSet.as_view({"get": "list"}),
        name="imports-rows",
    ),
    path(
        "risk-changes/<uuid:change>/rows/",
        BulkChangeRowViewSet.as_view({"get": "list"}),
        name="risk-changes-rows",
    ),
    path("matrix/", matrix, name="matrix"),
    path("matrix/preview/", MatrixViewSet.as_view({"post": "preview"}), name="matrix-preview"),
    path(
        "sample-data/",
        SampleDataViewSet.as_view({"get": "list", "post": "create", "delete": "destroy"}),
        name="sample-data",
    ),
    *router.urls,
]
