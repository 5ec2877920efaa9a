"""Freshness: the tags that an entry depends on, and whether their versions have changed since.

Read `registry` (models and tags), `tag_versions` (the table of versions), `triggers` and the two
`triggers_*` (writes give tags new versions), `snapshots` (versions read together) and
`event_loop_snapshots`, `recorder` and `sql_dependencies` (the reads of a request), then what only
makes it faster: `notifications` (push), `signals` and `recent_changes`.
"""
