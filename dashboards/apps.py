from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self) -> None:
        from dashboards.board_target import BoardTarget
        from risks.imports.planning import register_target

        register_target(BoardTarget)
