"""The place of the cache. Nothing is cached yet: every read asks the database."""
