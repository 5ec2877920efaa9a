"""The OpenAPI schema of the API: `generator` describes, `view` serves."""
