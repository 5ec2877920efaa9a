from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self) -> None:
        from dashboards.boards.importer import BoardTarget
        from risks.import_runs.plan import register_target

        register_target(BoardTarget)
