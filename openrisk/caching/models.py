"""No models: the table of tokens is made by a migration. Django sends post_migrate only to apps
that have this module."""
