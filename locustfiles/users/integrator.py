"""Looks after connectors."""

from locust import tag, task

from locustfiles.users.caller import Caller, likely


class Integrator(Caller):
    weight = 9

    @tag("marketplace", "list")
    @task(34)
    def connectors(self) -> None:
        self.read("/marketplace/connectors/", "connectors")

    @tag("marketplace", "detail")
    @task(16)
    def one_connector(self) -> None:
        self.read("/marketplace/connectors/trivy/", "a connector")

    @tag("marketplace", "list")
    @task(28)
    def apps(self) -> None:
        self.read("/marketplace/apps/", "apps")

    @tag("marketplace", "detail")
    @task(12)
    def one_app(self) -> None:
        if self.organization.apps:
            self.read(f"/marketplace/apps/{likely(self.organization.apps)}/", "an app")

    @tag("marketplace", "list")
    @task(6)
    def packs(self) -> None:
        self.read("/marketplace/packs/", "packs")

    @tag("marketplace", "list")
    @task(4)
    def runs(self) -> None:
        self.read("/marketplace/runs/", "runs")
