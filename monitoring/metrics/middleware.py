"""django-prometheus's metrics of requests, with labels that callers cannot invent."""

from typing import Any

from django_prometheus.middleware import PrometheusAfterMiddleware


class RequestMetrics(PrometheusAfterMiddleware):
    """Replaces unknown methods in the latency histogram, where each would add 17 series.

    Answers of the cache's fast path do not come here; `monitoring.metrics.request_metrics` counts
    those too.
    """

    def label_metric(self, metric: Any, request: Any, response: Any = None, **labels: str) -> Any:
        if "method" in labels:
            labels["method"] = self._method(request)
        return super().label_metric(metric, request, response, **labels)
