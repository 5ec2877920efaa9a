"""Another program that writes to the same database: psycopg, SQL, and nothing of OpenRisk."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg

from tests.hammer.board import DESCRIPTION, Board, Unknown
from tests.hammer.writers import Row, Writer, rows_of

UPDATE = "UPDATE risks_risk SET description = %s WHERE id = %s"


class Program:
    """Writes rows of several organizations in one transaction of several statements."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: psycopg.Connection[Any] | None = None

    def write(self, rows: Sequence[Row], numbers: Sequence[int]) -> None:
        try:
            if self.connection is None:
                self.connection = psycopg.connect(self.url, application_name="openrisk-program")
            with self.connection.transaction():
                for row, number in zip(rows, numbers, strict=True):
                    self.connection.execute(UPDATE, [row.text(DESCRIPTION, number), row.id])
        except psycopg.OperationalError:
            raise Unknown from None

    def close(self) -> None:
        if self.connection is not None:
            with suppress(psycopg.Error):
                self.connection.close()
            self.connection = None


def run(board: Board, plan: dict[str, Any], url: str) -> None:
    program = Program(url)
    writer = Writer("sql", program.write, count=2, cleanup=program.close)
    writer.run(board, rows_of(plan))
