"""Findings: `listing` (one page of the list) with its `columns` and `facets`, `finding_list` (the
list, its filters and files), `finding` (one of them) with its `sightings`, `steps` (decisions and
risks), and `rules` (what proposes risks by itself)."""
