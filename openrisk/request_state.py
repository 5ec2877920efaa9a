"""Everything that one part of the code leaves on a request for another: who sets it, who reads it.

Keys of the WSGI environ, which Django offers as `request.META`: the constants below. They are set
where Django has not started yet, or has already answered.

Attributes of Django's request:

| attribute | set by | read by |
|---|---|---|
| `request.user` | `accounts.middleware`; REST framework once a token is checked | everywhere |
| `request.membership` | `accounts.middleware` (as None), then whatever finds the organization: for pages `pages.guards.member_required`, for the API `api.accounts.authentication`, for the cache's commands `accounts.credentials.impersonation` | permissions, views, pages |
| `request.organization_slug` | `pages.guards` and `accounts.credentials.passwords`, from the address | pages, `accounts.credentials.identity` |
| `request.admin_access` | `accounts.members.access` | the admin, several times a request |
| `request.admin_organization`, `request.admin_object` | `risks.admin.base`, `admin.site` | fields and inlines in `admin.site` |
| `request.refusal`, `request.seen_version` | `risks.admin.base` | `risks.admin` |
| `request._force_auth_user` | `accounts.credentials.impersonation` | REST framework |
"""  # noqa: E501

# The time at which the request was complete, by time.perf_counter().
# Set by server.application; read by monitoring.metrics.request_metrics.
ARRIVED_AT = "openrisk.arrived_at"

# The name of the route that answers. Set by api.middleware.requests, and by caching.fast_path for
# hits; read by caching.fast_path (to remember it), monitoring.metrics and telemetry.tracing.
ROUTE = "openrisk.route"

# A sentence for people, present if the database went away during the request.
# Set by api.middleware.database_retry; read there, to repeat the request, and by openrisk.urls.
DATABASE_LOST = "openrisk.database_lost"

# The caching.principals.Principal of the request, or None. Use principal_of() and set_principal().
# Set by caching.fast_path if the database has just confirmed it, else by accounts.credentials and
# api.accounts.authentication; read by them and caching.decorators.
PRINCIPAL = "openrisk.cache.principal"

# True if the fast path on the event loop had no answer, so that a thread does not look again.
# Set by caching.event_loop; read by caching.fast_path.
FAST_PATH_TRIED = "openrisk.cache.fast_path_tried"

# The tag versions by which an entry was found stale, so that the view need not read them again.
# Set by caching.fast_path; read by caching.decorators.
VERSIONS_READ = "openrisk.cache.versions_read"

# (key of the entry, whether it is one user's own): the fast path may answer the next such request.
# Set by caching.decorators with the response; read by caching.fast_path.
ENTRY_TO_REMEMBER = "openrisk.cache.entry_to_remember"

# True if the view is to compute its response whatever is cached, and not to store it.
# Set by caching.inspection.simulation; read by caching.decorators.
BYPASS_CACHE = "openrisk.cache.bypass"

# The user in whose place a command asks. Set and read by caching.inspection.simulation.
IMPERSONATED_USER = "openrisk.cache.impersonated_user"
