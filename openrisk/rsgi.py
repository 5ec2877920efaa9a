"""The RSGI application that the server's worker processes load: `openrisk.wsgi`, with its loop."""

import time

from django.conf import settings

from openrisk.wsgi import application as wsgi_application  # first: it starts Django

# isort: split
from monitoring import health, requests
from openrisk.caching.loop_front import LoopFront
from openrisk.server.application import Server
from openrisk.server.environ import Environ
from openrisk.server.responses import Reply

front = LoopFront()


async def answer_probe(environ: Environ) -> Reply | None:
    answer = await health.answer_soon(environ)
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
    requests.count_answer(environ, str(reply.status), reply.headers, time.perf_counter() - began)


application = Server(
    wsgi_application,
    threads=settings.THREADS,
    folder=settings.VAR_DIR / "spool",
    # Spans are made around the WSGI application, so where requests are traced it answers hits too.
    instants=(answer_probe,) if settings.TRACES_ENDPOINT else (answer_probe, answer_hit),
    observe=observe,
    on_start=front.start,
)
