"""The register under /api/v1/."""
