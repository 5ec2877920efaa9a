from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        from marketplace import models
        from openrisk.database.tracking import CacheTags, RowHistory, track

        track(
            models.InstalledApp,
            cache=CacheTags(row_key="id"),
            history=RowHistory(ignored_fields={"secrets", "next_run_at", "test_queued_at"}),
        )
        track(models.Rating, cache=CacheTags(organization_column=None))
        track(models.Review, cache=CacheTags(), history=RowHistory())
        track(models.SyncRun, cache=CacheTags())
        track(models.InstalledPack, cache=CacheTags(), history=RowHistory())
