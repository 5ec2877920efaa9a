#!/bin/sh
# Runs once, when the database is made: a role that owns OpenRisk's database and migrates it, the
# application's, which `manage.py database_roles` gives its rights, and one that may look at statistics and
# nothing else. Passwords go through a variable of psql, which quotes them.
set -eu

psql --set ON_ERROR_STOP=1 --username postgres \
    --set owner="$(cat /run/secrets/openrisk_owner_database_password)" \
    --set openrisk="$(cat /run/secrets/openrisk_database_password)" \
    --set monitoring="$(cat /run/secrets/monitoring_database_password)" <<'SQL'
CREATE ROLE openrisk_owner LOGIN PASSWORD :'owner';
CREATE ROLE openrisk LOGIN PASSWORD :'openrisk';
CREATE ROLE monitoring LOGIN PASSWORD :'monitoring';
GRANT pg_monitor TO monitoring;
CREATE DATABASE openrisk OWNER openrisk_owner;
\connect openrisk
CREATE EXTENSION pg_stat_statements;
SQL
