from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self) -> None:
        from dashboards.boards.importer import BoardImporter
        from dashboards.models import ReportSchedule
        from openrisk.database.tracking import RowHistory, track
        from risks.import_runs.plan import register_importer

        register_importer(BoardImporter)
        track(ReportSchedule, history=RowHistory(ignored_fields={"next_run_at"}))
