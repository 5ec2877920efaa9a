from django.apps import AppConfig


class OpenRiskConfig(AppConfig):
    """Carries what belongs to no single app: base templates, static files, `serve`, `doctor`."""

    name = "openrisk"
    verbose_name = "OpenRisk"

    def ready(self) -> None:
        from openrisk.database import checks, metrics  # noqa: F401  registers the checks

        metrics.connect_signals()
