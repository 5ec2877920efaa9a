from django.apps import AppConfig


class CachingConfig(AppConfig):
    name = "openrisk.caching"
    label = "caching"

    def ready(self) -> None:
        """Called last of all apps, once each has declared its models (see INSTALLED_APPS)."""
        from django.db.models.signals import post_migrate

        from openrisk.caching.freshness import recent_changes, signals
        from openrisk.caching.freshness.triggers import CacheTriggers
        from openrisk.database.triggers import install_after_migrate, register_trigger_set

        signals.connect_receivers()
        recent_changes.connect_receiver()
        register_trigger_set(CacheTriggers())
        # All triggers, those of history too, after the post_migrate of all other apps.
        post_migrate.connect(install_after_migrate, sender=self, dispatch_uid="triggers.install")
