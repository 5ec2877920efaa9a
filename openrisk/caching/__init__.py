"""The cache: exact, because the database says what is fresh.

A write gives the tags of its rows new random versions in the same transaction, by trigger. A stored
response carries the versions of everything that it was computed from; it is valid for as long as
the database still has the same ones. Memory and the shared store only hold bytes.

In the order in which a request passes them, until one answers:

1. `fast_path`: before Django starts, if principal, entry and versions are known and equal
   (`event_loop`: the same without a thread).
2. `decorators.cached_view`: in the action, after authentication and permission. `principals` says
   who asks, `keys` makes the key, `lookup` finds the entry in this process or the shared store.
3. The view itself, once for all requests that wait for it (`single_flight`).

Then `freshness` (tags, versions, triggers, the recorder), `storage` (entries, the two stores, the
circuit breaker) and `inspection` (for operators: the `cache_*` commands and the page of
`monitoring`). `checks` and `metrics` as everywhere. docs/caching.md has the whole story; no other
app is known here.
"""
