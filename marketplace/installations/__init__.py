"""Installed apps. Read `lifecycle`, then `configuration` with `encryption`.

`health` derives how an app does, `catalogue` lists connectors, `reviews` are about connectors.
"""
