"""manage.py with its clock moved and without the project's own schedules.

`python -m tests.openrisk.tasks.process SECONDS COMMAND...`
"""

import os
import sys
from datetime import datetime, timedelta

import django
import time_machine
from django.core.management import call_command, execute_from_command_line

from openrisk.database import clock
from openrisk.tasks import declarations


def migrate() -> None:
    """Only what the queue needs."""
    for app in ("tasks", "django_tasks_database"):
        call_command("migrate", app, verbosity=0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    declarations.scheduled_tasks().clear()
    clock.clock_offset = timedelta  # the database's clock is not moved
    later = timedelta(seconds=float(sys.argv[1]))
    with time_machine.travel(datetime.now().astimezone() + later, tick=True):
        execute_from_command_line(["manage.py", *sys.argv[2:]])
