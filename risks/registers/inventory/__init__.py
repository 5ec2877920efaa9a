"""Files of assets: `assets` reads one and makes records of its rows."""
