"""django-prometheus's metrics of requests, with labels that callers cannot invent."""

from typing import Any

from django_prometheus.middleware import PrometheusAfterMiddleware


class RequestMetrics(PrometheusAfterMiddleware):
    """Its histogram of latency takes the method as it came: each invented one were 17 series more.

    What the cache's fast path answers is not seen here; `monitoring.metrics.request_metrics`
    counts that too.
    """

    def label_metric(self, metric: Any, request: Any, response: Any = None, **labels: str) -> Any:
        if "method" in labels:
            labels["method"] = self._method(request)
        return super().label_metric(metric, request, response, **labels)
