"""The WSGI application that the server's worker processes load."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from openrisk.telemetry import metric_slots, tracing

metric_slots.install_slots()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openrisk.settings")
tracing.install_tracing()  # before Django reads which middleware there is
django_application = get_wsgi_application()

from monitoring.health.probes import HealthProbes  # noqa: E402
from monitoring.metrics.request_metrics import RequestMeter  # noqa: E402
from openrisk import urls  # noqa: E402, F401  loaded now, not by the first request
from openrisk.api.middleware.database_retry import RetrySafeRequestOnce  # noqa: E402
from openrisk.caching.fast_path import FastPath  # noqa: E402
from openrisk.request_state import ROUTE  # noqa: E402

answering = FastPath(RetrySafeRequestOnce(django_application))
application = HealthProbes(RequestMeter(tracing.trace_requests(answering, route_key=ROUTE)))

# What start-up allocated lives as long as the process: a full collection that walks it again and
# again costs requests hundreds of milliseconds and frees nothing.
gc.collect()
gc.freeze()
