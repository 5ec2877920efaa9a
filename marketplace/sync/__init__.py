"""Runs of apps. Read `probe` (fetching and sending), `to_records`, `runs`, then `notifications`."""
