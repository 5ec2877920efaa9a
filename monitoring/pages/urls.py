"""The pages under /monitoring/."""

from django.urls import path

from monitoring.pages import cache, overview, runbooks

urlpatterns = [
    path("", overview.overview_page, name="monitoring"),
    path("alerts/<uuid:pk>/step/", overview.alert_step, name="alert-step"),
    path("cache/", cache.cache_page, name="cache"),
    path("runbooks/", runbooks.runbooks_page, name="runbooks"),
    path("runbooks/<str:alert>/", runbooks.runbook_page, name="runbook"),
]
