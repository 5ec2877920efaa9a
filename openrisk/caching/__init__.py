"""The cache: exact, because the database says what is fresh.

A write to a tracked table leaves a random token for its tags in the same transaction, by trigger
(`tracked`, `tokens`, `triggers_*`). A stored response carries the tokens of everything that it was
computed from; it is valid for as long as the database still has the same ones (`snapshots`). Memory
(`memory`) and the shared store (`store`) hold bytes (`entries`) and are never believed.

A request passes, until one of them answers:

1. `front`: before Django starts, if principal, entry and tokens are all known and equal;
2. `views.cached_view`: in the action, after authentication and permission: looks for the entry
   under its key (`keys`), in this process and in the shared store;
3. the view itself, watched by the `recorder`, once for all who wait for it (`single_flight`).

`lookup` does the looking for 2 and 3. Operators ask `explain`, `statistics`, `operations` and
`verification`, by the `cache_*` commands and the page of `monitoring`; `replay` asks the
application in somebody's place for them.

`signals` and `push` tell this process early what has changed. `docs/caching.md` tells the whole
story; nothing here knows any other app.
"""
