"""Runs of apps.

Read `probe` (fetching and sending), `to_records` with what it uses (`records`; `finding_index`,
`feed_marks`; `statements`, `vex`), `runs`, then `notifications`.
"""
