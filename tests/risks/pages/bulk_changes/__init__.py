"""Pages that change many risks."""
