"""The marketplace under /api/v1/marketplace/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from marketplace.api.app_views import (
    AppViewSet,
    ConnectorViewSet,
    DeliveryViewSet,
    ReviewViewSet,
    SyncRowViewSet,
    SyncRunViewSet,
)
from marketplace.api.pack_views import PackChangeViewSet, PackRowViewSet, PackViewSet

router = SimpleRouter(use_regex_path=False)
for name, viewset in (
    ("connectors", ConnectorViewSet),
    ("apps", AppViewSet),
    ("runs", SyncRunViewSet),
    ("deliveries", DeliveryViewSet),
    ("reviews", ReviewViewSet),
    ("packs", PackViewSet),
    ("pack-changes", PackChangeViewSet),
):
    router.register(name, viewset, basename=name)

rows = SyncRowViewSet.as_view({"get": "list"})
diff = SyncRowViewSet.as_view({"get": "list"}, changes_only=True)
urlpatterns = [
    path("runs/<uuid:run>/rows/", rows, name="runs-rows"),
    path("runs/<uuid:run>/diff/", diff, name="runs-diff"),
    path(
        "pack-changes/<uuid:change>/rows/",
        PackRowViewSet.as_view({"get": "list"}),
        name="pack-changes-rows",
    ),
    *router.urls,
]
