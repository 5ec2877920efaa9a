"""The pages of accounts, and the organization in the address of a page."""
