"""The pages of the marketplace, under /o/<organization>/marketplace/."""

from django.urls import path

from marketplace.pages import apps, catalogue, runs

urlpatterns = [
    path("", catalogue.catalogue_page, name="marketplace"),
    path("connectors/<slug:slug>/", catalogue.connector_page, name="connector"),
    path("apps/<uuid:pk>/", apps.app_page, name="app"),
    path("apps/<uuid:pk>/configure/", apps.configure, name="app-configure"),
    path("apps/<uuid:pk>/schedule/", apps.schedule, name="app-schedule"),
    path("apps/<uuid:pk>/step/", apps.app_step, name="app-step"),
    path("apps/<uuid:pk>/sync/", apps.sync, name="app-sync"),
    path("runs/<uuid:pk>/", runs.run_page, name="run"),
    path("runs/<uuid:pk>/step/", runs.run_step, name="run-step"),
    path("packs/preview/", catalogue.pack_preview, name="pack-preview"),
    path("packs/changes/<uuid:pk>/", apps.pack_change, name="pack-change"),
    path("packs/<str:pack>/", catalogue.pack_page, name="pack"),
    path("packs/<str:pack>/step/", catalogue.pack_step, name="pack-step"),
]
