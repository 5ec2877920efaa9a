from django.apps import AppConfig, apps

PACKAGES = ("openrisk.", "risks.", "dashboards.", "marketplace.", "monitoring.")


class MonitoringConfig(AppConfig):
    name = "monitoring"

    def ready(self) -> None:
        """Count saves and deletes of single rows of the project's own models."""
        from django.db.models.signals import post_delete, post_save
        from django_prometheus import models as counters

        from monitoring.metrics import model_metrics
        from openrisk.database.labels import label_of_model

        for model in apps.get_models():
            if not f"{model.__module__}.".startswith(PACKAGES):
                continue
            label = label_of_model(model)
            for counter in (
                counters.model_inserts,
                counters.model_updates,
                counters.model_deletes,
            ):
                counter.labels(label)  # starts it at 0
            post_save.connect(model_metrics.count_save, sender=model, dispatch_uid="monitoring")
            post_delete.connect(model_metrics.count_delete, sender=model, dispatch_uid="monitoring")
