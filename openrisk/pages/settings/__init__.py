"""The settings of an organization, under /o/<organization>/settings/.

Read `sections` (what the settings consist of, and who sees it) first. Apps above add pages of their
own and name their routes in `sections`.
"""
