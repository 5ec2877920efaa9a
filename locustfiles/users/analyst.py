"""Works in the register: lists, filters and searches, and one risk after the other."""

import random

from locust import tag, task

from locustfiles.users.caller import Caller, likely

WORDS = ("supplier", "backup", "mail", "fire", "access")


class Analyst(Caller):
    weight = 60

    @tag("risks", "list")
    @task(22)
    def newest(self) -> None:
        self.read("/risks/", "risks", counts="count")

    @tag("risks", "list")
    @task(4)
    def next_page(self) -> None:
        self.read("/risks/?page=2", "risks, page 2", counts="count")

    @tag("risks", "list")
    @task(6)
    def by_priority(self) -> None:
        self.read("/risks/?ordering=-priority", "risks by priority", counts="count")

    @tag("risks", "list")
    @task(8)
    def in_treatment(self) -> None:
        self.read("/risks/?status=in_treatment", "risks in treatment")

    @tag("risks", "list")
    @task(3)
    def of_a_category(self) -> None:
        if self.organization.categories:
            category = likely(self.organization.categories)
            self.read(f"/risks/?category={category}", "risks of a category")

    @tag("risks", "search")
    @task(2)
    def search(self) -> None:
        self.read(f"/risks/?search={random.choice(WORDS)}", "risks, search")

    @tag("risks", "detail")
    @task(34)
    def one_risk(self) -> None:
        self.read(f"/risks/{self.a_risk()}/", "a risk")

    @tag("risks", "detail")
    @task(1)
    def its_history(self) -> None:
        self.read(f"/risks/{self.a_risk()}/history/", "a risk's history")

    @tag("treatment", "list")
    @task(6)
    def mitigations(self) -> None:
        self.read("/mitigations/", "mitigations")

    @tag("treatment", "detail")
    @task(6)
    def one_mitigation(self) -> None:
        if self.organization.mitigations:
            self.read(f"/mitigations/{likely(self.organization.mitigations)}/", "a mitigation")

    @tag("catalogue", "list")
    @task(3)
    def findings(self) -> None:
        self.read("/findings/", "findings")

    @tag("catalogue", "list")
    @task(3)
    def assets(self) -> None:
        self.read("/assets/", "assets")

    @tag("catalogue", "list")
    @task(2)
    def controls(self) -> None:
        self.read("/controls/", "controls")
