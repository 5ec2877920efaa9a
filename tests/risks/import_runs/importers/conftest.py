"""Runs of records, as a connector starts them."""

import pytest

from risks.import_runs import lifecycle
from risks.models import ImportRun, Source
from tests.risks.import_runs.importers.scans import MONDAY


@pytest.fixture
def run(organization, manager):
    """`run(*records, at=...)` previews, applies, and returns the run."""

    def carry_out(*records, at=MONDAY, apply=True, then=lambda context: (), name="Trivy"):
        import_run = ImportRun(
            organization=organization,
            source=Source.CONNECTOR,
            source_name=name,
            looked_at=at,
            streamed=True,
        )
        import_run = lifecycle.start_run(
            actor=manager, run=import_run, records=iter(records), follow_up=then
        )
        return lifecycle.apply_run(actor=manager, run=import_run) if apply else import_run

    return carry_out
