"""Programs that prove or measure a promise, and tests that they notice when it is broken.

`cache_model` explores the protocol of the cache, `hammer` reads while servers are killed,
`benchmarks` measure the cache and the register, `slow_clients` and `fuzz` attack the server,
`real_input` counts what is understood of files of others.
"""
