"""Load tests with a verdict: `python -m locustfiles.harness`."""
