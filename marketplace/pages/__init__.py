"""The pages of the marketplace. Read `catalogue`, then `apps`; `forms` and `counts` serve both."""
