from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "openrisk.api"
    label = "api"

    def ready(self) -> None:
        from openrisk.api.middleware import database_retry

        database_retry.connect_signals()
