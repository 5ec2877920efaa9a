from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "openrisk.api"
    label = "api"

    def ready(self) -> None:
        from openrisk.api import outages

        outages.connect()
