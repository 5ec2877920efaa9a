"""The marketplace under /api/v1/marketplace/."""
