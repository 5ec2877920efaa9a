"""Credentials: passwords, sessions, API tokens, devices, and the limits on logins.

Read in this order: `login` (address and password), `login_limits` (the limit of failed logins),
`devices`, `passwords`, `sessions`, `tokens`, `identity` (the principal of a request), and
`impersonation` (the cache's commands, which ask on behalf of a user).
"""
