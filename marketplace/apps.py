from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        from marketplace import models
        from openrisk.caching.freshness.registry import track

        track(models.InstalledApp, row_key="id")
        track(models.Rating, organization_column=None)
        for part in (models.Review, models.SyncRun, models.InstalledPack):
            track(part)
