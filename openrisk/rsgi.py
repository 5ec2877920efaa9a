"""The RSGI application that the server's worker processes load: `openrisk.wsgi`, with its loop."""

import sys
import time

from django.conf import settings

from openrisk.wsgi import application as wsgi_application  # first: it starts Django

# isort: split
from monitoring.health import probes
from monitoring.metrics import request_metrics
from openrisk.caching.event_loop import EventLoopFastPath
from openrisk.server.application import WebServer
from openrisk.server.environ import Environ
from openrisk.server.responses import Reply

# A thread that computes lets the loop, and threads with short work, have their turn after this many
# seconds; Python's own 5 ms add up to a tenth of a second in a request with twenty queries.
sys.setswitchinterval(0.001)
front = EventLoopFastPath()


async def answer_probe(environ: Environ) -> Reply | None:
    answer = await probes.answer_probe_async(environ)
    return answer and Reply(int(answer[0][:3]), *answer[1:])


async def answer_hit(environ: Environ) -> Reply | None:
    began = time.perf_counter()
    answer = await front.answer(environ)
    if answer is None:
        return None
    reply = Reply(int(answer[0][:3]), *answer[1:])
    observe(environ, reply, began)
    return reply


def observe(environ: Environ, reply: Reply, began: float) -> None:
    request_metrics.count_response(
        environ, str(reply.status), reply.headers, time.perf_counter() - began
    )


application = WebServer(
    wsgi_application,
    threads=settings.THREADS,
    folder=settings.VAR_DIR / "spool",
    # Spans are made around the WSGI application, so where requests are traced it answers hits too.
    instants=(answer_probe,) if settings.TRACES_ENDPOINT else (answer_probe, answer_hit),
    observe=observe,
    on_start=front.start,
)
