"""What the recorder makes of SQL; what it cannot be certain of counts as more."""

import pytest
from django.db.models import F

from openrisk.caching.freshness.sql_dependencies import (
    CLOCK,
    UNREADABLE,
    WRITE,
    dependencies_of,
    find_undeclared,
)
from risks.models import Mitigation, Risk, ScoreChange


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('SELECT "risks_asset"."id" FROM "risks_asset"', {"risks_asset"}),
        ("SELECT 1 FROM risks_risk r JOIN risks_asset ON true", {"risks_risk", "risks_asset"}),
        ("SELECT (SELECT 1 FROM risks_asset) FROM risks_risk", {"risks_risk", "risks_asset"}),
        ("WITH a AS (SELECT 1 FROM risks_asset) SELECT * FROM a", {"risks_asset"}),
        ("WITH RECURSIVE a(n) AS (SELECT 1 FROM risks_risk) SELECT * FROM a", {"risks_risk"}),
        ("(SELECT 1 FROM risks_risk) UNION SELECT 1 FROM risks_asset",
         {"risks_risk", "risks_asset"}),
        ("SELECT 1", set()),
        ("SELECT 'FROM secret' FROM risks_risk", {"risks_risk"}),
        ("SELECT 'it''s' FROM risks_risk", {"risks_risk"}),
        ('SELECT "update" FROM risks_risk', {"risks_risk"}),
        ("SELECT 1 -- FROM secret\nFROM risks_risk", {"risks_risk"}),
        ("SELECT 1 /* FROM secret */ FROM risks_risk", {"risks_risk"}),
        ("SELECT '--', 1 FROM risks_risk", {"risks_risk"}),
        ("SELECT '/*' FROM risks_risk WHERE x = '*/'", {"risks_risk"}),
    ],
)  # fmt: skip
def test_tables_of_a_statement(sql, tables):
    assert dependencies_of(sql) == tables


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM secret",
        "SELECT 1 FROM risks_risk JOIN secret ON true",
        "SELECT 1 FROM risks_risk, secret",
        "SELECT 1 FROM risks_risk WHERE EXISTS (SELECT 1 FROM secret)",
        "SELECT 1 FROM pg_catalog.pg_class",
        "SELECT 1 FROM other.risks_risk",
        "SELECT 1 FROM generate_series(1, 2)",
        "SELECT '--', 1 FROM secret",
        "SELECT '/*' FROM secret WHERE x = '*/'",
        'SELECT "a--b" FROM secret',
    ],
)
def test_what_is_no_known_table_is_unreadable(sql):
    assert UNREADABLE in dependencies_of(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO risks_risk VALUES (1)",
        "UPDATE risks_risk SET title = 'x'",
        "DELETE FROM risks_risk",
        "WITH gone AS (DELETE FROM risks_risk RETURNING 1) SELECT * FROM gone",
        "SELECT 1 FROM risks_risk FOR UPDATE",
        "TRUNCATE risks_risk",
        "SAVEPOINT a",
        "PRAGMA x",
        "CALL f()",
        "",
    ],
)
def test_writes_and_what_may_be_one(sql):
    assert WRITE in dependencies_of(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT now()",
        "SELECT 1 FROM risks_risk WHERE created_at < CURRENT_TIMESTAMP",
        "SELECT statement_timestamp()",
        "SELECT datetime('now')",
        "SELECT STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')",
        "SELECT date('now', '-1 day')",
        "SELECT datetime()",
        "SELECT 'now'::timestamp",
        "SELECT random()",
    ],
)
def test_clock_of_the_database_is_noticed(sql):
    assert CLOCK in dependencies_of(sql)
    assert CLOCK not in dependencies_of(
        "SELECT known, nowhere FROM risks_risk WHERE x = 'now and then'"
    )


# --- Columns of a table of which there are parts ----------------------------------------------
ALL = {"risks_risk"}


def test_columns_that_the_orm_reads_of_a_risk():
    titles = Risk.objects.order_by("title").values("title")
    assert dependencies_of(str(titles.query)) == {"risks_risk.title"}
    joined = Mitigation.objects.filter(risk__owner_name="x").values("risk__reference", "title")
    assert dependencies_of(str(joined.query)) == {
        "risks_mitigation",
        *(f"risks_risk.{name}" for name in ("id", "owner_name", "reference")),
    }
    ledger = ScoreChange.objects.order_by("risk__number").values(reference=F("risk__reference"))
    assert "risks_risk.number" in dependencies_of(str(ledger.query))


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT * FROM "risks_risk"',
        'SELECT "risks_risk".*, "risks_risk"."id" FROM "risks_risk"',
        'SELECT r."title", "risks_risk"."id" FROM "risks_risk" r JOIN "risks_risk" ON true',
        'SELECT "r"."status", "risks_risk"."id" FROM "risks_risk" AS "r"',
        'SELECT "risks_risk"."id", status FROM "risks_risk"',
        'SELECT "risks_risk"."id", "status" FROM "risks_risk"',
        'SELECT "risks_risk"."id", xmin FROM "risks_risk"',
        'SELECT "risks_risk"."id", risks_risk.status FROM "risks_risk"',
        'SELECT "risks_risk"."id", to_jsonb("risks_risk") FROM "risks_risk"',
        'SELECT "risks_risk"."id" FROM "risks_risk" NATURAL JOIN "risks_asset"',
        'SELECT "risks_risk"."id" FROM "risks_risk" JOIN "risks_asset" USING (description)',
        'SELECT "risks_risk"."id", "risks_risk" . "status" FROM "risks_risk"',
        'SELECT "public"."risks_risk"."status", "risks_risk"."id" FROM "risks_risk"',
        'SELECT COUNT(*) FROM "risks_risk"',
        'SELECT "risks_risk"."id", "x"."status" FROM ("risks_asset" a JOIN "risks_risk" ON true) x',
        'SELECT "risks_risk"."id" FROM ((risks_asset JOIN "risks_risk" ON true)) "x"',
        'SELECT "risks_risk"."id" IS DISTINCT FROM "risks_risk" FROM "risks_risk"',
        'SELECT "risks_risk"."id", OFFSET."status" FROM "risks_risk" OFFSET',
        'SELECT "risks_risk"."id", "STATUS" FROM "risks_risk"',
    ],
)
def test_whole_table_counts_where_more_of_it_may_be_read(sql):
    assert dependencies_of(sql) >= ALL


def test_names_that_a_query_gives_its_results_are_no_columns():
    sql = 'SELECT COUNT(*) AS "status", "risks_risk"."id" FROM "risks_risk" GROUP BY 2'
    assert dependencies_of(sql) == {"risks_risk.id"}


def test_undeclared_is_what_neither_table_nor_column_covers():
    seen = {"risks_risk.title", "risks_asset", CLOCK}
    assert find_undeclared(seen, {"risks_risk", "risks_asset"}) == {CLOCK}
    assert find_undeclared(seen, {"risks_risk.title", CLOCK}) == {"risks_asset"}
    assert find_undeclared({"risks_risk"}, {"risks_risk.title"}) == {"risks_risk"}
