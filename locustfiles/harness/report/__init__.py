"""The verdict of a run, and `docs/performance.md`: `python -m locustfiles.harness.report`.

To read in this order: `figures`, `targets`, `verdict`, `plots`, `document`.
"""
