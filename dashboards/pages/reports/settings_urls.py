"""The pages of the settings of documents, under /o/<organization>/settings/."""

from django.urls import path

from dashboards.pages.reports import document_settings

urlpatterns = [
    path("documents/", document_settings.document_settings_page, name="settings-documents"),
    path("documents/logo.png", document_settings.logo_image, name="settings-logo"),
]
