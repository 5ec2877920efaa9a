"""Inspection of the cache by operators: its commands and its page.

`simulation` sends requests in a user's place. On it stand `explain` (why a URL is a hit or not),
`maintenance` (make stale, fill) and `verification` (compute again, compare). `statistics` counts.
"""
