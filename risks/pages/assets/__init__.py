"""The pages of assets.

`listing` reads the address of the list, `asset_list` shows it; `detail` is the page of an asset.
"""
