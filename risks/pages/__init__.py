"""The register as pages for people. They write through the same services as the API."""
