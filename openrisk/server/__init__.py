"""The web server's own part: what happens to a request before and after a thread works on it.

Read in this order: `limits` (how large and how slow a body may be), `application` (one request from
its first byte to its last), `environ`, `bodies` (receiving), `spool` (files for what is too large
for memory), `responses` (sending), `sockets` (ending a connection).
"""
