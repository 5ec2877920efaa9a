#!/usr/bin/env python3
"""Run a management command: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openrisk.settings")
    from openrisk.telemetry import metric_slots

    metric_slots.install_slots()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")
    except OperationalError:
        from openrisk.database.checks import connection_error

        if not (reason := connection_error()):
            raise
        advice = "Start its server, or correct DATABASE_URL."
        sys.exit(f"The database cannot be used: {reason}. {advice}")


if __name__ == "__main__":
    main()
