"""SQLite as a database backend: the file belongs to the user who runs OpenRisk alone."""
