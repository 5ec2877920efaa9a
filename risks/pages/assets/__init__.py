"""The pages of assets.

`listing` reads the address of the list, `asset_list` shows it; `detail` is the page of an asset,
with its `graph`; `editing` changes one; `duplicates` finds those that are there twice, and
`merging` merges them; `importing` reads a spreadsheet.
"""
