from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TasksConfig(AppConfig):
    name = "openrisk.tasks"
    label = "tasks"

    def ready(self) -> None:
        from django_tasks import signals

        # The worker logs the same with keys.
        signals.task_started.disconnect(signals.log_task_started)
        signals.task_finished.disconnect(signals.log_task_finished)
        # Schedules are known once the modules that declare them are imported.
        autodiscover_modules("tasks")
