"""Middleware of every request: `request_context` (id, client, null characters, CSP), `body_limits`,
`privacy_headers`, and `database_retry`, which is a WSGI application around all of them.
"""
