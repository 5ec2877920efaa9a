from django.apps import AppConfig


class CachingConfig(AppConfig):
    name = "openrisk.caching"
    label = "caching"

    def ready(self) -> None:
        """Last of all apps, so that every app has declared what it tracks."""
        from django.db.models.signals import post_migrate

        from openrisk.caching.freshness import recent_changes, signals

        signals.connect_receivers()
        recent_changes.connect_receiver()
        post_migrate.connect(signals.install_triggers, sender=self, dispatch_uid="cache.install")
