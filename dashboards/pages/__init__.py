"""The pages: figures with a date on them, for people."""
