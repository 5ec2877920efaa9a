"""The pages of the marketplace, under /marketplace/."""
