from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "openrisk.api"
    label = "api"
