from django.apps import AppConfig


class RisksConfig(AppConfig):
    name = "risks"

    def ready(self) -> None:
        from openrisk.caching.freshness.registry import track
        from risks import models, signals

        signals.connect()
        # What lists of other things show of a risk, or choose by.
        names = ("reference", "title", "owner_name", "status")
        track(models.Risk, row_key="id", column_groups={"names": names})
        for shown in (models.Mitigation, models.Asset, models.Control, models.Finding):
            track(shown, row_key="id")
        for part in (
            models.ActionDependency,
            models.AssetDependency,
            models.Category,
            models.ControlChange,
            models.Framework,
            models.Matrix,
            models.MitigationAction,
            models.MitigationChange,
            models.RiskAsset,
            models.RiskControl,
            models.RiskTag,
            models.ScoreChange,
        ):
            track(part)
