"""Django admin: its site, its menu, and what every ModelAdmin builds on.

Read in this order: `site`, `autocomplete`, `menu`, `refusals` (refusals of services as messages),
`accounts` (the admin of accounts). Django imports this package to find what is registered.
"""

from openrisk.admin import accounts

__all__ = ("accounts",)
