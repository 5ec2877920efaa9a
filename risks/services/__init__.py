"""Every write of the register, one file a subject.

Keyword-only arguments, `actor` first (None: the system itself), one recorded transaction each.
Raises `ValidationError` for input that is wrong, `Conflict` for what the rules refuse now, and
`StaleVersion` for a version that is no longer the current one.
"""
