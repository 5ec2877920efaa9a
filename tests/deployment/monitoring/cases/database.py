"""PostgreSQL: connections, statements, transactions, the pool."""

from tests.deployment.monitoring.cases.phases import HOUR, MINUTE, after, held
from tests.deployment.monitoring.rules import Case, Rates

DATABASE = 'job="postgres",instance="p:9187"'


def _connections(*counts: Rates, name: str = "openrisk") -> dict[str, Rates]:
    """One series a state."""
    return {
        f'pg_stat_activity_count{{{DATABASE},datname="{name}",state="s{number}"}}': phases
        for number, phases in enumerate(counts)
    }


def _statement(
    seconds: Rates, calls: Rates, queryid: str = "1", name: str = "a"
) -> dict[str, Rates]:
    labels = f'{DATABASE},datname="{name}",queryid="{queryid}",user="u"'
    return {
        f"pg_stat_statements_seconds_total{{{labels}}}": seconds,
        f"pg_stat_statements_calls_total{{{labels}}}": calls,
    }


CASES = [
    Case(
        "HighDatabaseConnections",
        "a warning with 50 connections in two states, after five minutes, until they leave",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges=_connections(*[after(3, 25, since=10 * MINUTE, until=30 * MINUTE)] * 2),
        labels='severity="warning",datname="openrisk"',
    ),
    Case("HighDatabaseConnections", "with 41", {10 * MINUTE: 1}, gauges=_connections(held(41))),
    Case("HighDatabaseConnections", "not with 40", {HOUR: 0}, gauges=_connections(held(40))),
    Case(
        "HighDatabaseConnections",
        "not with 30 in each of two databases",
        {HOUR: 0},
        gauges=_connections(held(30)) | _connections(held(30), name="other"),
    ),
    Case(
        "HighDatabaseConnections",
        "not with those of no database, which are the server's own",
        {HOUR: 0},
        gauges=_connections(held(50), name=""),
    ),
    Case(
        "DatabaseConnectionsNearLimit",
        "critical above 80 % of all, over databases and states, until they leave",
        {14.5 * MINUTE: 0, 15.5 * MINUTE: 1, 31 * MINUTE: 0},
        gauges=_connections(after(10, 41, since=10 * MINUTE, until=30 * MINUTE))
        | _connections(held(41), name="")
        | {f'pg_settings_max_connections{{{DATABASE},server="p"}}': held(100)},
        labels='severity="critical"',
    ),
    Case(
        "DatabaseConnectionsNearLimit",
        "not at 79 %",
        {HOUR: 0},
        gauges=_connections(held(79))
        | {f'pg_settings_max_connections{{{DATABASE},server="p"}}': held(100)},
    ),
    Case(
        "DatabaseConnectionsNearLimit",
        "at 81 %, for one of two servers",
        {HOUR: 1},
        gauges=_connections(held(81))
        | {
            f'pg_settings_max_connections{{{DATABASE},server="p"}}': held(100),
            f'pg_settings_max_connections{{{DATABASE},server="o"}}': held(50),
            'pg_stat_activity_count{job="postgres",instance="q:9187",datname="a"}': held(81),
            'pg_settings_max_connections{job="postgres",instance="q:9187"}': held(200),
        },
    ),
    Case(
        "SlowDatabaseQueries",
        "a warning for the slow one among fast ones, after five minutes, until it is fast",
        {17 * MINUTE: 0, 19 * MINUTE: 1, 50 * MINUTE: 0},
        counters=_statement(
            after(0.05, 0.75, since=10 * MINUTE, until=30 * MINUTE), held(0.5), queryid="slow"
        )
        | _statement(held(1), held(1000), queryid="fast"),
        labels='severity="warning",queryid="slow",datname="a"',
    ),
    Case(
        "SlowDatabaseQueries",
        "at 1.1 s",
        {15 * MINUTE: 1},
        counters=_statement(held(1.1), held(1)),
    ),
    Case("SlowDatabaseQueries", "not at 0.9 s", {HOUR: 0}, counters=_statement(held(0.9), held(1))),
    Case(
        "SlowDatabaseQueries",
        "not for what runs less than once in 100 seconds",
        {HOUR: 0},
        counters=_statement(held(0.03), held(0.006)),
    ),
    Case(
        "SlowDatabaseQueries",
        "for what runs a little more often",
        {HOUR: 1},
        counters=_statement(held(0.03), held(0.015)),
    ),
    Case(
        "SlowDatabaseQueries",
        "of two people together: their mean is fast",
        {HOUR: 0},
        counters=_statement(held(1.5), held(1))
        | {
            name.replace('user="u"', 'user="w"'): phases
            for name, phases in _statement(held(0.1), held(3)).items()
        },
    ),
    Case(
        "SlowDatabaseQueries",
        "of two people together: their mean is slow",
        {HOUR: 1},
        counters=_statement(held(1.4), held(1))
        | {
            name.replace('user="u"', 'user="w"'): phases
            for name, phases in _statement(held(1.4), held(1)).items()
        },
    ),
    Case(
        "SlowDatabaseQueries",
        "not for two people who ask equally often, each a little less than a second",
        {HOUR: 0},
        counters=_statement(held(0.9), held(1))
        | {
            name.replace('user="u"', 'user="w"'): phases
            for name, phases in _statement(held(0.9), held(1)).items()
        },
    ),
    Case(
        "SlowDatabaseQueries",
        "when it runs seldom since it is slow",
        {42 * MINUTE: 1},
        counters=_statement(held(1), [(10, 30 * MINUTE), (0.5, HOUR)]),
    ),
    Case(
        "SlowDatabaseQueries",
        "not when it runs more often, each time as fast as ever",
        {36 * MINUTE: 0, 40 * MINUTE: 0},
        counters=_statement([(0.5, 30 * MINUTE), (5, HOUR)], [(1, 30 * MINUTE), (10, HOUR)]),
    ),
    Case(
        "SlowDatabaseQueries",
        "when it runs more often and is slow",
        {36.5 * MINUTE: 1},
        counters=_statement([(1.3, 30 * MINUTE), (13, HOUR)], [(1, 30 * MINUTE), (10, HOUR)]),
    ),
    Case(
        "SlowDatabaseQueries",
        "after five minutes, not after two",
        {9 * MINUTE: 0, 13 * MINUTE: 1},
        counters=_statement([(0, 4 * MINUTE), (2, HOUR)], [(1, 64 * MINUTE)]),
    ),
    Case(
        "LongRunningTransaction",
        "a warning for the oldest above five minutes, until it ends",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            f'pg_stat_activity_max_tx_duration{{{DATABASE},datname="a",state="active"}}': held(1),
            f'pg_stat_activity_max_tx_duration{{{DATABASE},datname="a",state="idle"}}': after(
                5, 310, since=10 * MINUTE, until=20 * MINUTE
            ),
            f'pg_stat_activity_max_tx_duration{{{DATABASE},datname=""}}': held(9999),
        },
        labels='severity="warning",datname="a"',
    ),
    Case(
        "LongRunningTransaction",
        "not at 290 seconds",
        {HOUR: 0},
        gauges={f'pg_stat_activity_max_tx_duration{{{DATABASE},datname="a"}}': held(290)},
    ),
    Case(
        "DatabasePoolWaiting",
        "a warning while requests wait, after a minute",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={
            'openrisk_database_pool_waiting{job="openrisk",instance="o:9464",pool="a"}': after(
                0, 1, since=10 * MINUTE, until=20 * MINUTE
            ),
            'openrisk_database_pool_waiting{job="openrisk",instance="o:9464",pool="b"}': held(0),
        },
        labels='severity="warning",instance="o:9464"',
    ),
    Case(
        "PostgresDown",
        "critical after a minute, until it answers",
        {10.75 * MINUTE: 0, 11.5 * MINUTE: 1, 21 * MINUTE: 0},
        gauges={f"pg_up{{{DATABASE}}}": after(1, 0, since=10 * MINUTE, until=20 * MINUTE)},
        labels='severity="critical"',
    ),
]
