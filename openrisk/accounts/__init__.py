"""Accounts: users, organizations, memberships with a role, and credentials.

Read in this order: `models`, `fields` (addresses as logins), `members` (memberships, invitations,
service accounts, rights in the admin), `credentials` (passwords, sessions, tokens, login limits),
`middleware`, `history`, `retention`, `key_fingerprints`, `checks`, `tasks`. Their API, pages and
admin stand above, in `openrisk.api.accounts`, `openrisk.pages.accounts`, `openrisk.admin.accounts`.
"""
