"""The marketplace under /api/v1/marketplace/: read `urls`, `app_views`, then `pack_views`."""
