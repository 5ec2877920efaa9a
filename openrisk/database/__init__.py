"""How processes connect to the database: the names of the pool profiles."""

PROFILES = ("dev", "staging", "prod")
