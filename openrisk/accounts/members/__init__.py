"""Memberships of organizations: invitations, roles and service accounts."""
