"""What the project adds to Django's database layer: ids, and how connections are kept."""
