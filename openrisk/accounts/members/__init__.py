"""Memberships of organizations. Read in this order: `memberships` (roles), `invitations`,
`service_accounts`, `access` (rights in the admin).
"""
