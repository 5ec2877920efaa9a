"""Queues: what waits for a decision, one item after another.

Read `base` (a queue and the ways to decide), `people` and `feeds` (the five queues), `kinds` (all
of them), `page` (their views), then `heat_map` (the register before and after) and `acceptances`
(all acceptances as a list, and one's own requests).
"""
