"""Connectors that read frameworks and their controls: `oscal`, with `oscal_profiles` beside it."""
