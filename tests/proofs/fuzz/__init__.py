"""The API asked what its schema allows, and what it does not: no 5xx, no other answer than said.

Read `world` (who asks, and what there is), `fuzzing` (the cases), `__main__` (the program).
"""
