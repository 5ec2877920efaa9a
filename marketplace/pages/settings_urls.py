"""The section of the settings that lists the installed apps."""

from django.urls import path

from marketplace.pages import installed

urlpatterns = [path("connectors/", installed.installed_apps, name="settings-connectors")]
