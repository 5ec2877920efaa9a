from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self) -> None:
        from dashboards.boards.importer import BoardImporter
        from risks.import_runs.plan import register_importer

        register_importer(BoardImporter)
