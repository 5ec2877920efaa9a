"""Looks at the pages, in a browser that is logged in."""

from locust import tag, task

from locustfiles.judging import Expected
from locustfiles.users.caller import Caller, likely


class Visitor(Caller):
    weight = 3

    def on_start(self) -> None:
        super().on_start()
        session = self.organization.session
        self.headers = {"Cookie": f"openrisk_session={session}", "Accept": "text/html"}

    @tag("pages")
    @task(3)
    def home(self) -> None:
        self.look("/", "page: home")

    @tag("pages")
    @task(3)
    def risks(self) -> None:
        self.look("/risks/", "page: risks")

    @tag("pages")
    @task(3)
    def one_risk(self) -> None:
        self.look(f"/risks/{likely(self.organization.risks)[1]}/", "page: a risk")

    @tag("pages")
    @task(1)
    def marketplace(self) -> None:
        self.look("/marketplace/", "page: marketplace")

    def look(self, path: str, name: str) -> None:
        """Ask for a page of the organization, whose name is its slug."""
        if self.organization.session:
            address = f"/o/{self.organization.name}{path}"
            self.ask(address, name, Expected.now(self.organization).judge_owner)
