"""Looks at the figures, and from there at what stands out."""

from locust import tag, task

from locustfiles.users.caller import Caller


class Manager(Caller):
    weight = 28

    @tag("dashboards")
    @task(22)
    def stats(self) -> None:
        self.read("/dashboards/stats/", "figures: stats", counts="total")

    @tag("dashboards")
    @task(18)
    def matrix(self) -> None:
        self.read("/dashboards/matrix/", "figures: matrix")

    @tag("dashboards")
    @task(14)
    def top_risks(self) -> None:
        self.read("/dashboards/top-risks/", "figures: top risks")

    @tag("dashboards")
    @task(10)
    def timeline(self) -> None:
        self.read("/dashboards/timeline/", "figures: timeline")

    @tag("dashboards")
    @task(6)
    def breakdown(self) -> None:
        self.read("/dashboards/breakdown/?by=category", "figures: breakdown")

    @tag("dashboards")
    @task(8)
    def mitigations(self) -> None:
        self.read("/dashboards/mitigations/", "figures: mitigations")

    @tag("dashboards")
    @task(5)
    def appetite(self) -> None:
        self.read("/dashboards/appetite/", "figures: appetite")

    @tag("dashboards")
    @task(3)
    def compliance(self) -> None:
        self.read("/dashboards/compliance/", "figures: compliance")

    @tag("dashboards")
    @task(2)
    def executive(self) -> None:
        self.read("/dashboards/executive/", "figures: executive")

    @tag("risks", "list")
    @task(6)
    def critical(self) -> None:
        self.read("/risks/?current_level=critical", "critical risks")

    @tag("risks", "detail")
    @task(6)
    def one_risk(self) -> None:
        self.read(f"/risks/{self.a_risk()}/", "a risk")
