"""The register under /api/v1/: read `urls`, then `views`, `serializers` and `filters`."""
