"""A Slack that keeps what Alertmanager tells it."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deployment.local.waiting import wait_until


@dataclass(frozen=True)
class SlackMessage:
    at: float  # seconds, monotonic
    channel: str
    title: str
    text: str

    def says(self, alert: str, status: str) -> bool:
        return self.title.endswith(f"] {alert}") and self.title.startswith(f"[{status}")


class Slack:
    """Listens at `url` until closed; `messages` in the order in which they came."""

    def __init__(self) -> None:
        self.messages: list[SlackMessage] = []
        keep = self.messages.append

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                first = payload["attachments"][0]
                keep(
                    SlackMessage(
                        time.monotonic(), payload["channel"], first["title"], first["text"]
                    )
                )
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/services/drill"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def find(self, alert: str, status: str, *, since: float = 0) -> SlackMessage | None:
        """The first message that says so after `since`."""
        for message in list(self.messages):
            if message.at >= since and message.says(alert, status):
                return message
        return None

    def wait_for(self, alert: str, status: str, *, since: float, seconds: float) -> SlackMessage:
        """Raises WaitedInVain, which lists what it was told instead."""
        message = wait_until(
            lambda: self.find(alert, status, since=since),
            f"{alert} is {status} in Slack",
            seconds,
            lambda: [message.title for message in list(self.messages) if message.at >= since],
        )
        assert message is not None
        return message

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
