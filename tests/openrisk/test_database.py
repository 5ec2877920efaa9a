"""How the database is opened."""

import pytest
from django.db import connection


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a setting of SQLite")
@pytest.mark.django_db
def test_what_savepoints_keep_may_leave_memory():
    """In memory SQLite keeps it in a list that each further statement walks along."""
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA temp_store").fetchone() == (0,)
