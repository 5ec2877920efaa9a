"""The dependencies of a statement: tables, and words in parentheses for what cannot be stored."""

import re
from collections.abc import Container, Iterable
from functools import cache, lru_cache

from django.apps import apps

from openrisk.caching.freshness.registry import tracked_models

WRITE = "(write)"
UNREADABLE = "(unreadable)"
CLOCK = "(clock)"
ROLE = "(role)"  # not of a statement: the code asked for the role of the member

# Together, since each may hold what looks like the beginning of another.
_TOKEN = re.compile(r"""('(?:[^']|'')*')|("[^"]*")|(--[^\n]*|/\*.*?\*/)""", re.S)
_WORD = re.compile(r'"([^"]+)"|([A-Za-z_][A-Za-z0-9_]*)')
_READS = re.compile(r"\s*\(?\s*(?:SELECT|WITH|VALUES)\b", re.I)
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|CALL|DO|LOCK)\b", re.I)
_SOURCE = re.compile(r'\b(?:FROM|JOIN)\s+(?:ONLY\s+|LATERAL\s+)?("[^"]+"|[A-Za-z_][\w.]*|\()', re.I)
_COMMA_JOIN = re.compile(r'\bFROM\s+[\w".]+(?:\s+(?:AS\s+)?[\w"]+)?\s*,', re.I)
_NAMED = re.compile(
    r'(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)("[^"]+"|\w+)\s*(?:\([^)]*\)\s*)?AS\s*\(', re.I
)
_CLOCK = re.compile(
    r"\b(?:now\s*\(|(?:clock|statement|transaction)_timestamp\s*\(|current_(?:time|date|timestamp)\b"
    r"|localtime(?:snapshot)?\b|random\s*\(|pg_sleep"
    r"|(?:date|time|datetime|julianday|unixepoch)\s*\(\s*\))"
    r"|'(?:now|today|tomorrow|yesterday)'",  # SQLite's strftime(..., 'now'), PostgreSQL's casts
    re.I,
)
_COLUMN = re.compile(r'(?:"[^"]+"|\b\w+)\."[^"]+"')
_OUTPUT = re.compile(r'\bAS\s+"[^"]+"', re.I)
_COUNTED = re.compile(r"\bCOUNT\(\*\)", re.I)
# Tables in parentheses, which may have a name together.
_JOINED = re.compile(r"\b(?:FROM|JOIN)\s*(?:\(\s*)+(?!\s|\(|SELECT\b|VALUES\b|WITH\b)", re.I)
_AFTER_SOURCE = "ON|WHERE|GROUP|ORDER|LIMIT|INNER|LEFT|RIGHT|FULL|CROSS|JOIN|UNION"
_OF_THE_SYSTEM = ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "rowid", "_rowid_", "oid")


@lru_cache(maxsize=2048)
def dependencies_of(sql: str) -> frozenset[str]:
    """The tables that a statement reads; with UNREADABLE or WRITE if it may do more.

    A table with column groups counts as the columns that are read, `table.column`, if it is certain
    that no others are.
    """
    text = _TOKEN.sub(lambda match: "''" if match[1] else match[2] or " ", str(sql))
    unquoted = re.sub(r'"[^"]*"', '""', text)  # a column may be called "update"
    if not _READS.match(text) or _WRITES.search(unquoted):
        return frozenset({WRITE})
    known = known_tables()
    dependencies = {quoted or bare for quoted, bare in _WORD.findall(text)} & known
    if _CLOCK.search(_TOKEN.sub(lambda match: match[1] or match[2] or " ", str(sql))):
        dependencies.add(CLOCK)
    named = {name.strip('"') for name in _NAMED.findall(text)}
    sources = {source.strip('"') for source in _SOURCE.findall(text)} - {"("}
    if _COMMA_JOIN.search(text) or not sources <= known | named:
        dependencies.add(UNREADABLE)
    for table in dependencies & tables_with_column_groups():
        if columns := columns_read(text, table):
            dependencies = dependencies - {table} | {f"{table}.{column}" for column in columns}
    return frozenset(dependencies)


def columns_read(text: str, table: str) -> set[str]:
    """The columns of `table` that are read, if each is written as by the ORM, `"table"."column"`;
    else none: then more may be read."""
    named = set(re.findall(rf'"{table}"\."(\w+)"', text))
    # First the sources: one with an alias stays, since columns read by the alias would not show.
    source = rf'(?<!\bDISTINCT )\b(?:FROM|JOIN)\s+"{table}"\s*(?=$|\)|(?:{_AFTER_SOURCE})\b)'
    rest = re.sub(source, " ", text, flags=re.I)
    rest = _OUTPUT.sub(" ", _COLUMN.sub(" ", _COUNTED.sub(" ", rest)))
    left = {(quoted or bare).lower() for quoted, bare in _WORD.findall(rest)}
    is_certain = (
        "*" not in rest and left.isdisjoint(whole_row_words(table)) and not _JOINED.search(text)
    )
    return named if is_certain else set()


@cache
def known_tables() -> frozenset[str]:
    return frozenset(m._meta.db_table for m in apps.get_models(include_auto_created=True))


@cache
def tables_with_column_groups() -> frozenset[str]:
    return frozenset(tracked.table for tracked in tracked_models() if tracked.group)


@cache
def whole_row_words(table: str) -> frozenset[str]:
    """Words that may read more of the table than its columns by their full names do."""
    [model] = {tracked.model for tracked in tracked_models() if tracked.table == table}
    columns = (str(field.column) for field in model._meta.concrete_fields)
    return frozenset({table, "natural", *_OF_THE_SYSTEM, *columns})


def find_undeclared(dependencies: Iterable[str], declared: Container[str]) -> set[str]:
    """The dependencies that are neither declared, nor columns of a table that is."""
    return {
        dependency
        for dependency in dependencies
        if dependency not in declared and table_of(dependency) not in declared
    }


def table_of(dependency: str) -> str:
    """The table of `table` or `table.column`."""
    return dependency.partition(".")[0]
