"""Queues: what waits for a decision, one item after another. `kinds` (what each queue holds and
does), `page` (its views), `heat_map` (the register before and after), `acceptances` (all
acceptances as a list, and one's own requests)."""
