"""Every write of the register, one module a subject.

Read `rows` first (lock, validate, save), then `risks`, `links` and `transitions`; the others are
built alike.

Keyword-only arguments, `actor` first (None: the system itself), one recorded transaction each.
Raises `ValidationError` for input that is wrong, `Conflict` for what the rules refuse now, and
`StaleVersion` for a version that is no longer the current one.
"""
