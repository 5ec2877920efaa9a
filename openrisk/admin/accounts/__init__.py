"""Accounts in Django admin. Importing this registers every model.

Administrators of an organization manage its memberships, invitations and service accounts, and end
its tokens. Accounts of people are for the people themselves and for operators (superusers).
"""

from openrisk.admin.accounts import credentials, history, invitations, people

__all__ = ("credentials", "history", "invitations", "people")
