"""Small registers, uploaded and imported as tests of runs do."""

import io
from typing import Any

import pytest

from openrisk.accounts.models import Organization, User
from risks.import_runs import lifecycle
from risks.models import ImportRow, ImportRun, Risk
from risks.registers import upload as registers
from risks.registers.options import ReadingOptions
from risks.services import risks
from tests.conftest import SHARED_DATA

HEADER = "Risk ID,Title,Likelihood,Impact,Status,Owner,Category,Asset,Treatment Plan,Note\n"


def preview_register(
    organization: Organization,
    file: str | bytes,
    name: str = "register.csv",
    *,
    actor: User | None = None,
    **reading: Any,
) -> ImportRun:
    """Preview `file`, uploaded by no particular user. `reading` are options of reading it."""
    data = file.encode() if isinstance(file, str) else file
    return registers.upload_register(
        actor=actor,
        organization=organization,
        file=io.BytesIO(data),
        file_name=name,
        options=ReadingOptions(**reading),
    )


def import_register(
    organization: Organization, file: str | bytes, name: str = "register.csv", **options: Any
) -> ImportRun:
    """Upload and apply `file`."""
    return lifecycle.apply_run(
        actor=None, run=preview_register(organization, file, name, **options)
    )


def row_of(run: ImportRun, model: str = "risks.risk") -> ImportRow:
    """The only row of `run` about `model`."""
    return run.rows.get(model=model)


def count_changes(run: ImportRun) -> int:
    """How many objects of any model the run creates or updates."""
    return sum(counts["create"] + counts["update"] for counts in run.counts.values())


REGISTERS = {
    "energy-utility.csv": 20,
    "hospital.csv": 13,
    "small-company.csv": 8,
    "telecom-isms.csv": 15,
    "words-only.csv": 6,
}


ONE = HEADER + "R1,Fire,4,5,Open,Facilities,Physical,Archive,Sprinklers,See audit\n"


def read_real_register(name: str) -> bytes:
    path = SHARED_DATA / "registers" / name
    if not path.exists():
        pytest.skip(f"needs {path.name}, which is not part of the project")
    return path.read_bytes()


def only_risk(organization: Organization) -> Risk:
    return Risk.objects.for_organization(organization).get()


def edit_risk(organization: Organization, **fields: Any) -> Risk:
    return risks.update_risk(actor=None, instance=only_risk(organization), **fields)
