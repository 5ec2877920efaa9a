"""Load tests with a verdict: `python -m tests.load`."""
