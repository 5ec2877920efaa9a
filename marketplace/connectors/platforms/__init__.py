"""Connectors that read what platforms for code know: `github_alerts` is part of `github`."""
