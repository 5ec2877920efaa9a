"""The parts of the REST API that all apps share.

Read in this order: `viewsets`, `filters` (parameters to a `FilteredList`), `pagination`,
`serializers`, `idempotency`, `problems` (errors as RFC 9457), `parsers`, `renderers`, `middleware`,
`schema`, and `accounts`: logins and tokens, and the authentication that sets `request.membership`.
"""
