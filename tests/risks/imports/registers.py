"""Uploading small registers, as tests of runs do."""

import io
from typing import Any

from openrisk.accounts.models import Organization
from risks.import_runs import lifecycle
from risks.models import ImportRow, ImportRun
from risks.registers import upload as registers

HEADER = "Risk ID,Title,Likelihood,Impact,Status,Owner,Category,Asset,Treatment Plan,Note\n"


def upload(
    organization: Organization, file: str | bytes, name: str = "register.csv", **options: Any
) -> ImportRun:
    """The preview of `file`; nobody in particular uploads it."""
    data = file.encode() if isinstance(file, str) else file
    return registers.upload_register(
        **{
            "actor": None,
            "organization": organization,
            "file": io.BytesIO(data),
            "file_name": name,
            **options,
        }
    )


def bring_in(
    organization: Organization, file: str | bytes, name: str = "register.csv", **options: Any
) -> ImportRun:
    """Upload and apply `file`."""
    return lifecycle.apply_run(actor=None, run=upload(organization, file, name, **options))


def row(run: ImportRun, model: str = "risks.risk") -> ImportRow:
    """The only row of `run` about `model`."""
    return run.rows.get(model=model)


def changes(run: ImportRun) -> int:
    """How many objects of any model the run creates or updates."""
    return sum(counts["create"] + counts["update"] for counts in run.counts.values())
