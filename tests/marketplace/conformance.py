"""What every connector has to do: a test class of it inherits from `Conformance`.

Its report stands in `reports/`. The tests go through the platform as a person would: install,
configure, upload, apply, undo.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.connectors.base import Connector, UnreadableReport
from marketplace.installations import lifecycle
from marketplace.models import InstalledApp, SyncRun, SyncStatus
from marketplace.registry import available_connectors
from marketplace.sync import runs
from openrisk.accounts.models import Organization
from risks.models import Asset, Change, Control, Finding, Framework, Mitigation, Risk

REPORTS = Path(__file__).parent / "reports"
REGISTER: tuple[Any, ...] = (Asset, Control, Finding, Framework, Mitigation, Risk)


def register(organization: Organization) -> dict[str, list[dict[str, Any]]]:
    """All that a connector may write, to compare with itself."""
    return {
        model.__name__: list(
            model.objects.filter(organization=organization).order_by("pk").values()
        )
        for model in REGISTER
    }


def installed(
    organization: Organization, slug: str, actor: Any, **configuration: Any
) -> InstalledApp:
    """An app that is ready to run without having been reached: its reports are uploaded."""
    app = lifecycle.install_app(actor=actor, organization=organization, connector=slug)
    app = lifecycle.configure_app(actor=actor, instance=app, configuration=configuration)
    InstalledApp.objects.filter(pk=app.pk).update(state="tested")
    return InstalledApp.objects.get(pk=app.pk)


def upload(app: InstalledApp, path: Path, actor: Any = None, mode: str = "apply") -> SyncRun:
    with path.open("rb") as file:
        run = runs.queue_run(actor=actor, app=app, mode=mode, file=file, file_name=path.name)
    runs.execute_run(run.pk)
    return SyncRun.objects.get(pk=run.pk)


NO_REPORTS = (b"", bytes(50), b"PK\x03\x04broken", b"{}", b"[]", b"<a/>", b"\xff\xfe<\x00")


@pytest.mark.django_db
class Conformance:
    slug: ClassVar[str]
    report: ClassVar[str]
    configuration: ClassVar[dict[str, Any]] = {}
    # Where the register has to have something before the report says anything of it.
    needs_findings: ClassVar[tuple[str, ...]] = ()

    @property
    def connector(self) -> Connector:
        return available_connectors()[self.slug]

    @pytest.fixture
    def app(self, organization: Organization, admin: Any) -> InstalledApp:
        for cve in self.needs_findings:
            from tests.risks.factories import make_finding  # noqa: PLC0415

            make_finding(organization, rule=cve, known_exploited=False)
        return installed(organization, self.slug, admin, **self.configuration)

    def test_it_says_what_it_is(self):
        declared = self.connector
        assert declared.schema["additionalProperties"] is False
        assert all((declared.summary, declared.documentation, declared.permissions))

    def test_the_report_is_taken_over(self, app, admin):
        run = upload(app, REPORTS / self.report, admin)
        assert (run.status, run.error) == (SyncStatus.APPLIED, "")
        assert run.counts["created"] + run.counts["updated"] > 0

    def test_a_preview_writes_nothing(self, app, admin, organization):
        before = register(organization)
        run = upload(app, REPORTS / self.report, admin, mode="preview")
        assert run.status == SyncStatus.PREVIEWED
        assert register(organization) == before

    def test_the_same_report_again_changes_nothing(self, app, admin, organization):
        upload(app, REPORTS / self.report, admin)
        before, changes = register(organization), Change.objects.count()
        again = upload(app, REPORTS / self.report, admin)
        told = {name: count for name, count in again.counts.items() if count}
        assert told.keys() <= {"unchanged", "rejected"}
        assert (register(organization), Change.objects.count()) == (before, changes)

    def test_it_is_taken_back_and_replayed(self, app, admin, organization):
        before = register(organization)
        first = upload(app, REPORTS / self.report, admin)
        runs.undo_run(actor=admin, sync_run=first)
        assert without_versions(register(organization)) == without_versions(before)
        assert upload(app, REPORTS / self.report, admin).counts == first.counts

    def test_half_a_report_fails_and_writes_nothing(self, app, admin, organization, tmp_path):
        content = (REPORTS / self.report).read_bytes()
        half = tmp_path / self.report
        half.write_bytes(content[: len(content) // 2])
        before = register(organization)
        run = upload(app, half, admin)
        if run.status != SyncStatus.FAILED:  # half a table is a table
            assert self.report.endswith(".csv")
            return
        assert run.error
        assert register(organization) == before

    def test_what_is_no_report_is_refused(self, app, admin, organization, tmp_path):
        before = register(organization)
        wrong = tmp_path / self.report
        for content in NO_REPORTS:
            wrong.write_bytes(content)
            run = upload(app, wrong, admin)
            assert (run.status, run.failure) == (SyncStatus.FAILED, "report"), content
            assert run.error
        assert register(organization) == before

    def test_an_exception_ends_the_run_and_the_app_runs_again(self, app, admin, monkeypatch):
        """Whatever a connector raises that it may not, its app is not blocked by it."""

        def read(*args: Any, **kwargs: Any) -> Any:
            raise TypeError("a-piece-of-the-report")

        with monkeypatch.context() as patch:
            patch.setattr(type(self.connector), "read_report", read)
            with (REPORTS / self.report).open("rb") as file:
                run = runs.queue_run(actor=admin, app=app, file=file, file_name=self.report)
            with pytest.raises(TypeError):
                runs.execute_run(run.pk, last_attempt=False)
            assert runs.execute_run(run.pk).status == SyncStatus.FAILED
        run.refresh_from_db()
        assert (run.failure, "TypeError" in run.error) == ("internal", True)
        assert "a-piece-of-the-report" not in run.error
        assert upload(app, REPORTS / self.report, admin).status == SyncStatus.APPLIED

    @given(data=st.data())
    @settings(max_examples=60, suppress_health_check=list(HealthCheck), database=None)
    def test_nothing_else_is_ever_raised(self, data, tmp_path_factory):
        content = bytearray((REPORTS / self.report).read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            place = data.draw(st.integers(0, len(content) - 1))
            content[place : place + data.draw(st.integers(0, 30))] = data.draw(
                st.one_of(
                    st.binary(max_size=4),
                    st.sampled_from([b"null", b"{}", b"[]", b'"', b"1e999", b"<"]),
                )
            )
            if not content:
                return
        path = tmp_path_factory.getbasetemp() / f"mutated-{self.report}"
        path.write_bytes(content)
        with path.open("rb") as file:
            try:
                for _ in self.connector.read_report(file, self.configuration, name=self.report):
                    pass
            except UnreadableReport:
                pass

    def test_secrets_are_nowhere(self, app, admin, caplog, api):
        names = [n for n, p in self.connector.schema["properties"].items() if p.get("writeOnly")]
        secret = "a-secret-that-nobody-may-see"
        given_ = self.configuration | dict.fromkeys(names, secret)
        app = lifecycle.configure_app(actor=admin, instance=app, configuration=given_)
        InstalledApp.objects.filter(pk=app.pk).update(state="tested")
        with caplog.at_level("DEBUG"):
            run = upload(InstalledApp.objects.get(pk=app.pk), REPORTS / self.report, admin)
        app.refresh_from_db()
        told = json.dumps([run.log, run.error, app.settings, app.secrets, caplog.text])
        told += json.dumps(list(Change.objects.values_list("changes", flat=True)), default=str)
        assert secret not in told


def without_versions(found: dict[str, list[dict[str, Any]]]) -> Any:
    """Versions and times of change rise also when a change is taken back."""
    bookkeeping = ("version", "updated_at")
    return {
        model: [{k: v for k, v in row.items() if k not in bookkeeping} for row in rows]
        for model, rows in found.items()
    }
