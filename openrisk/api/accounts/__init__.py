"""Accounts under /api/v1/auth/, and who calls the API.

Read in this order: `authentication` (sets `request.membership`), `permissions` (roles), `views`,
`serializers`, `urls`.
"""
