"""Traces, as a collector that listens for OTLP gets them."""

import gzip
import re
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deployment.local.calibration import patience
from deployment.local.installation import Installation
from deployment.local.servers import valkey
from deployment.local.waiting import wait_until

SECONDS = 20  # they are sent every five


class Collector:
    """Keeps the spans it is sent, by the trace that they belong to."""

    def __init__(self):
        self.spans = defaultdict(list)
        keep = self.keep

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                keep(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keep(self, request):
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans[span.trace_id.hex()].append(span)

    def trace(self, trace_id):
        """Its spans, once the one of the request has come."""
        wait_until(
            lambda: any(span.name == "GET risks-list" for span in list(self.spans[trace_id])),
            f"the collector gets the request's span of {trace_id}",
            SECONDS,
        )
        return self.spans[trace_id]


@pytest.fixture(scope="module")
def collector():
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


@pytest.fixture(scope="module")
def installation(collector, install, database, tmp_path_factory):
    with valkey() as cache:
        made = install(
            tmp_path_factory.mktemp("openrisk"),
            DATABASE_URL=database.url,
            REDIS_URL=cache.url,
            WORKERS="1",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        )
        with made.serving("--no-worker"):
            yield made


def trace_of(response):
    timings = ", ".join(response.headers.get_list("Server-Timing"))
    return re.search(r'traceparent;desc="00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}"', timings)[1]


def attributes(spans, name):
    (span,) = [span for span in spans if span.name == name]
    return {one.key: one.value.string_value for one in span.attributes}


def test_a_miss_is_traced_to_its_statements_and_a_hit_ends_at_the_front(installation, collector):
    with installation.client() as client:
        answers = [client.get("/api/v1/risks/?page_size=7") for _ in range(3)]
    miss, _, hit = (collector.trace(trace_of(answer)) for answer in answers)
    told = attributes(miss, "GET risks-list")
    assert (told["http.route"], told["openrisk.cache.result"]) == ("risks-list", "miss")
    systems = {one.value.string_value for span in miss for one in span.attributes}
    assert {"postgresql", "redis"} <= systems
    told = attributes(hit, "GET risks-list")
    assert (told["openrisk.cache.result"], told["openrisk.cache.layer"]) == ("hit", "front")
    assert len(hit) == 1


def test_a_trace_goes_on_from_who_asked(installation, collector):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    with installation.client() as client:
        headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
        assert trace_of(client.get("/api/v1/risks/?page_size=8", headers=headers)) == trace_id
    assert collector.trace(trace_id)


def test_what_is_logged_names_the_trace(installation):
    with installation.client() as client:
        answer = client.get("/api/v1/nothing-is-here/")
    log = (installation.folder / "openrisk.log").read_text()
    (line,) = [line for line in log.splitlines() if "nothing-is-here" in line]
    assert f"trace_id={trace_of(answer)}" in line


def test_no_parameter_of_a_statement_is_told(installation, collector):
    secret = "what stands in this title"
    with installation.client() as client:
        answer = client.post("/api/v1/risks/", json={"title": secret})
        listed = client.get("/api/v1/risks/?page_size=9")
    assert answer.status_code == 201
    collector.trace(trace_of(listed))
    assert collector.spans[trace_of(answer)]
    assert secret.encode() not in b"".join(
        span.SerializeToString() for spans in collector.spans.values() for span in spans
    )


def test_a_collector_that_is_gone_holds_up_nothing(tmp_path):
    made = Installation.make(
        tmp_path,
        DATABASE_URL=f"sqlite:///{tmp_path}/openrisk.sqlite3",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    with made.serving("--demo", "--no-worker") as running:
        with made.client() as client:
            assert client.get("/api/v1/risks/").status_code == 200
        running.terminate()
        assert running.wait(patience(20)) == 0
    assert "process_killed" not in (tmp_path / "openrisk.log").read_text()
