"""Every write of the marketplace."""
