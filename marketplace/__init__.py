"""Connectors, apps, their runs, and packs of content.

Read `models`, `connectors`, `registry`, `installations`, `sync`, then `packs`. `network` has the
requests to other machines, `archives` reads ZIP files.
"""
