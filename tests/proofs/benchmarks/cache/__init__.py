"""How fast the cache is, against what it replaces and against an empty view.

`python -m tests.proofs.benchmarks.cache` (`make bench`).
"""
