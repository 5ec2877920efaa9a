"""The API of the marketplace, one file a subject."""
