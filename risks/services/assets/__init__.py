"""Services of assets: `merging`. Read `catalogue` above it for their changes one by one."""
