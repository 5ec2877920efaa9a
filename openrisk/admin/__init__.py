"""Django admin: its site, its menu, and what every ModelAdmin builds on."""
