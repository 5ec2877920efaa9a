"""Alerts under /api/v1/monitoring/."""

from rest_framework.routers import SimpleRouter

from monitoring.api.views import AlertViewSet

router = SimpleRouter(use_regex_path=False)
router.register("alerts", AlertViewSet, basename="alerts")

urlpatterns = router.urls
