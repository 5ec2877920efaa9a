"""OpenRisk as it would be without persistent connections: a connection for each request."""

from openrisk.settings import *  # noqa: F403
from openrisk.settings import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 0
