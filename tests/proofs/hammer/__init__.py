"""The hammer: proves on real servers that no strict read is stale while faults are injected.

`python -m tests.proofs.hammer [--reads 100000] [--fault NAME] [--short]`; `docs/reliability.md`
says what is counted. Its parts: `board` what all processes share, `installation` the servers,
`proxy` the wire that can be cut, `seed` the rows, `writers` and `program` who writes, `readers` who
reads and judges, `faults` what goes wrong, `report` what is written about it.
"""
