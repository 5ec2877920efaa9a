from django.apps import AppConfig


class RisksConfig(AppConfig):
    name = "risks"

    def ready(self) -> None:
        from openrisk.accounts.members.memberships import register_responsibilities
        from openrisk.database.triggers import register_trigger_set
        from risks import signals, tracking
        from risks.history.triggers import HistoryTriggers
        from risks.services.deletion import describe_responsibilities
        from risks.services.workspace.restore_rules import register_rules

        signals.connect()
        tracking.track_models()
        register_trigger_set(HistoryTriggers())
        register_responsibilities(describe_responsibilities)
        register_rules()
