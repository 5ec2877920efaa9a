"""Edits risks, mitigations and findings, registers risks. Readers know what was acknowledged."""

from collections.abc import Sequence

from locust import tag, task

from locustfiles.callers import API
from locustfiles.judging import description
from locustfiles.pace import WRITERS
from locustfiles.users.caller import Caller, likely


class Writer(Caller):
    fixed_count = WRITERS
    writes = True

    def on_start(self) -> None:
        super().on_start()
        self.tokens = [(one, one.tokens[0]) for one in self.callers.organizations]

    @tag("write")
    @task(35)
    def edit_risk(self) -> None:
        self._move()
        self._edit("risks", [risk for risk, _ in self.organization.risks], "edit a risk")

    @tag("write")
    @task(35)
    def edit_mitigation(self) -> None:
        self._move()
        self._edit("mitigations", self.organization.mitigations, "edit a mitigation")

    @tag("write")
    @task(20)
    def edit_finding(self) -> None:
        self._move()
        self._edit("findings", self.organization.findings, "edit a finding")

    @tag("write")
    @task(10)
    def register_risk(self) -> None:
        self._move()
        one = self.organization
        body = {"title": f"Seen while others read {one.marker}".strip()}
        with self.request("POST", f"{API}/risks/", "register a risk", body) as response:
            if response.status_code == 201:
                one.registered += 1
            else:
                response.failure(f"{response.status_code} {response.text or ''}"[:200])

    def _move(self) -> None:
        """On to the next organization: a few writers write in all of them."""
        self.organization, token = self.tokens[0]
        self.tokens.append(self.tokens.pop(0))
        self.headers["Authorization"] = f"Token {token}"

    def _edit(self, plural: str, ids: Sequence[str], name: str) -> None:
        one = self.organization
        row = likely(ids) if ids else ""
        if not row or row in one.in_hand:  # of two edits at once nobody knows which is the last
            return
        number = one.revisions.get(row, 0) + 1
        one.in_hand.add(row)
        try:
            body = {"description": description(number)}
            with self.request("PATCH", f"{API}/{plural}/{row}/", name, body) as response:
                if response.status_code == 200:
                    one.revisions[row] = number
                else:
                    response.failure(f"{response.status_code} {response.text or ''}"[:200])
        finally:
            one.in_hand.discard(row)
