"""What all users have in common: whose they are, at which pace they ask, how answers are judged."""

import json
import random
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import gevent
from locust import FastHttpUser

from locustfiles import pace
from locustfiles.callers import API, Callers, Organization
from locustfiles.judging import Expected, Foreign, Stale


class Caller(FastHttpUser):
    """Somebody with a token of an organization."""

    abstract = True
    network_timeout = connection_timeout = 30.0
    callers: Callers  # set before the test starts
    writes = False
    due = 0.0  # when to ask next, of the monotonic clock

    organization: Organization
    headers: dict[str, str]

    def on_start(self) -> None:
        self.organization, token = self.callers.next()
        self.headers = {"Authorization": f"Token {token}", "Accept": "application/json"}
        gevent.sleep(pace.first_pause(self))

    def wait_time(self) -> float:
        return pace.pause(self)

    def read(self, path: str, name: str, *, counts: str = "") -> None:
        """Ask for a path of the API. `counts` is the field that counts all risks, if one does."""
        expected = Expected.now(self.organization)
        self.ask(API + path, name, lambda body: expected.judge(body, counts=counts))

    def ask(self, path: str, name: str, judge: Callable[[bytes], None]) -> None:
        """It fails where the status is not 200, or where `judge` raises."""
        with self.request("GET", path, name) as response:
            if response.status_code != 200:
                response.failure(f"{response.status_code} {response.text or ''}"[:200])
                return
            try:
                judge(response.content)
            except (Stale, Foreign) as wrong:
                response.failure(wrong)

    def request(self, method: str, path: str, name: str, body: Any = None) -> Any:
        """Locust's response, to be judged within a `with`."""
        data = json.dumps(body) if body else ""
        credential = self.headers.get("Authorization") or self.headers["Cookie"]
        return self.client.request(
            method,
            path,
            name=name,
            data=data or None,
            headers=self.headers | ({"Content-Type": "application/json"} if data else {}),
            catch_response=True,
            allow_redirects=False,
            context={"path": path, "credential": credential, "body": data},
        )

    def a_risk(self) -> str:
        """The id of one of the newest: a few are looked at often, most seldom."""
        return likely(self.organization.risks)[0]


def likely(rows: Sequence[Any]) -> Any:
    """One of them by Zipf's law: the tenth is taken a tenth as often as the first."""
    weights = _weights(len(rows))
    return random.choices(rows, cum_weights=weights)[0]


_known: dict[int, list[float]] = {}


def _weights(length: int) -> list[float]:
    if length not in _known:
        _known[length] = list(accumulate(1 / rank for rank in range(1, length + 1)))
    return _known[length]
