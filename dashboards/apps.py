from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self) -> None:
        from dashboards.boards.importer import BoardImporter
        from dashboards.models import Board, ChecklistDismissal, DocumentSettings, ReportSchedule
        from dashboards.schedules.editing import wait_for_next_run
        from openrisk.database.tracking import CacheTags, RowHistory, track
        from risks.import_runs.plan import register_importer
        from risks.services.deletion import register_private
        from risks.services.workspace.restoring import RestoreRules, register_restore_rules

        register_importer(BoardImporter)
        register_private(Board, lambda board: not board.shared)
        register_restore_rules(ReportSchedule, RestoreRules(prepare=wait_for_next_run))
        track(ReportSchedule, history=RowHistory(ignored_fields={"next_run_at"}))
        track(DocumentSettings, cache=CacheTags(), history=RowHistory(ignored_fields={"logo"}))
        track(ChecklistDismissal, history=RowHistory())
