"""Another program that writes to the same database: psycopg, SQL, and nothing of OpenRisk."""

from collections.abc import Sequence
from typing import Any

import psycopg

from tests.proofs.hammer.board import DESCRIPTION, Board, Unknown
from tests.proofs.hammer.writers import Row, Writer, rows_of

UPDATE = "UPDATE risks_risk SET description = %s WHERE id = %s"


def run(board: Board, plan: dict[str, Any], url: str) -> None:
    def write(rows: Sequence[Row], numbers: Sequence[int]) -> None:
        """Rows of several organizations, in one transaction of several statements."""
        try:
            with psycopg.connect(url, application_name="openrisk-program") as connection:
                for row, number in zip(rows, numbers, strict=True):
                    connection.execute(UPDATE, [row.text(DESCRIPTION, number), row.id])
        except psycopg.OperationalError:
            raise Unknown from None

    Writer("sql", write, count=2).run(board, rows_of(plan))
