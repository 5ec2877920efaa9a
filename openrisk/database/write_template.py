"""Write `template.sql` from the migrations: `python -m openrisk.database.write_template`."""

import os
import sys
import tempfile
from pathlib import Path


def write_template(path: Path) -> None:
    """Migrate an empty database step by step, and write the script that makes the same tables."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/empty.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "openrisk.settings"

        import django  # noqa: PLC0415  the database is named first

        django.setup()

        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        from openrisk.database.template import render_template  # noqa: PLC0415

        call_command("migrate", verbosity=0, without_template=True)
        path.write_text(render_template(connection))


if __name__ == "__main__":
    from openrisk.database.template import PATH

    write_template(Path(sys.argv[1]) if len(sys.argv) > 1 else PATH)
