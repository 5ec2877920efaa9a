"""Exports: safe in a spreadsheet, complete, and importable again without a difference."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from openrisk.accounts.models import Organization, User
from risks import exports
from risks.models import Asset, Risk
from risks.text import clean_text
from tests.risks.factories import (
    make_asset,
    make_category,
    make_control,
    make_framework,
    make_risk,
    make_risk_in_treatment,
)
from tests.risks.import_runs.uploads import (
    REGISTERS,
    count_changes,
    import_register,
    preview_register,
    read_real_register,
)

FORMATS = ("csv", "xlsx")


def exported(organization: Organization, file_format: str = "csv") -> bytes:
    risks = Risk.objects.for_organization(organization).order_by("number")
    if file_format == "csv":
        return "".join(exports.csv_lines(risks, organization)).encode()
    file = io.BytesIO()
    exports.write_xlsx(risks, organization, file)
    return file.getvalue()


def cells(organization: Organization) -> dict[str, str]:
    """The first risk of a CSV export, by header."""
    text = exported(organization).decode("utf-8-sig")
    return next(csv.DictReader(io.StringIO(text, newline="")))


def comes_back(organization: Organization, file_format: str) -> bool:
    """Whether importing the export changes nothing."""
    run = preview_register(
        organization, exported(organization, file_format), f"export.{file_format}"
    )
    differences = {
        r.row_number: (r.changes, r.errors) for r in run.rows.exclude(action="unchanged")
    }
    assert differences == {}
    return count_changes(run) == 0


# --- Back again


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_full_risk_is_imported_again_without_a_difference(
    organization: Organization, manager: User, analyst: User, file_format: str
) -> None:
    iso = make_framework(organization)
    twins = [make_control(iso, "A.1"), make_control(make_framework(organization, "NIST"), "A.1")]
    make_risk_in_treatment(
        organization,
        title="=cmd|' /C calc'!A0",
        description='Line one\nline two, with "quotes"; and more',
        category=make_category(organization, "Cyber, mostly"),
        owner=manager,
        owner_name="The manager",
        assignee=analyst,
        reviewer=manager,
        treatment="mitigate",
        residual_likelihood=1,
        residual_impact=2,
        target_likelihood=1,
        target_impact=1,
        tags=["VPN", "vpn", "a; b", "@home"],
        assets=[make_asset(organization, 'The "new"; ERP'), make_asset(organization, "-x")],
        controls=[*twins, make_control(iso, "A.2")],
        extra={"Regulation": "GDPR", "title": "other", "Number": 5, "extra": "x", "": "y"},
        review_interval_days=90,
        next_review_at=datetime(2027, 5, 31, 10, 30, 15, 250, tzinfo=UTC),
    )
    make_risk(organization, title="Sparse", status="draft")

    assert comes_back(organization, file_format)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("name", REGISTERS)
def test_a_real_register_is_imported_again_without_a_difference(
    organization: Organization, name: str, file_format: str
) -> None:
    import_register(organization, read_real_register(name), name)

    assert comes_back(organization, file_format)


def test_low_ratings_are_not_read_as_a_shorter_scale(organization: Organization) -> None:
    for rating in (1, 2, 3) * 8:
        make_risk(organization, inherent_likelihood=rating, inherent_impact=rating)

    assert comes_back(organization, "csv")


def test_an_owner_who_left_is_imported_again(organization: Organization, analyst: User) -> None:
    make_risk(organization, owner=analyst, assignee=analyst)
    analyst.memberships.all().delete()

    assert comes_back(organization, "csv")


nasty = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40
) | st.text("=+-@\t\r\n'\";,|_x0D \u00a0\u2028\x07\ufeff", max_size=12)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_text_is_imported_again_as_it_was(
    organization: Organization, data: st.DataObject
) -> None:
    Risk.objects.all().delete()
    Asset.objects.all().delete()
    for number in range(2):
        title = data.draw(nasty.filter(clean_text), label="title")
        make_risk(
            organization,
            title=title,
            description=data.draw(nasty, label="description"),
            owner_name=data.draw(nasty, label="owner_name"),
            tags=data.draw(st.lists(nasty, max_size=3), label="tags"),
            extra=data.draw(st.dictionaries(nasty, nasty | st.integers(0, 9), max_size=3)),
            assets=[make_asset(organization, f"{number} {title}")],
        )

    for file_format in FORMATS:
        assert comes_back(organization, file_format)


def test_a_changed_cell_is_the_only_change(organization: Organization) -> None:
    make_risk(organization, title="Fire")
    make_risk(organization, title="Flood")
    run = preview_register(organization, exported(organization).replace(b"Flood", b"High water"))

    assert count_changes(run) == 1
    assert run.rows.get(action="update").changes == {"title": ["Flood", "High water"]}


def test_an_export_becomes_new_risks_in_another_organization(
    organization: Organization, other_organization: Organization
) -> None:
    import_register(organization, "ID,Title,Regulation\nR1,Fire,GDPR\nR2,Flood,\n")
    Risk.objects.get(external_id="R1").delete()
    file = exported(organization)
    import_register(other_organization, file)
    risk = Risk.objects.for_organization(other_organization).get()

    assert (risk.reference, risk.title, risk.external_id) == ("R-0001", "Flood", "R-0002")
    assert count_changes(import_register(other_organization, file)) == 0


# --- Safe to open


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "'=", "''+"])
def test_a_formula_is_text_in_csv(organization: Organization, start: str) -> None:
    make_risk(organization, title="Fire", owner_name=f"x{start}", description=f"{start}1+1")
    cell = cells(organization)["description"]

    assert cell == f"'{start}1+1"
    assert cells(organization)["owner_name"] == f"x{start}"


def test_a_formula_is_text_in_xlsx(organization: Organization) -> None:
    make_risk(organization, title="=1+1", description="#N/A")
    sheet = load_workbook(io.BytesIO(exported(organization, "xlsx"))).active
    kinds = {cell.value: cell.data_type for cell in sheet[2]}

    assert kinds["'=1+1"] == "s"
    assert "f" not in kinds.values()


# --- Complete


def test_headers_are_names_of_fields(organization: Organization) -> None:
    make_risk(organization, inherent_likelihood=4, inherent_impact=5, tags=["b", "a"])
    row = cells(organization)

    assert (row["reference"], row["title"], row["tags"]) == ("R-0001", "Ransomware", "a; b")
    assert (row["inherent_score"], row["inherent_level"]) == ("20", "critical")
    assert (row["residual_score"], row["current_level"]) == ("", "critical")


def test_extra_has_a_column_for_each_key(organization: Organization) -> None:
    make_risk(organization, extra={"Region": "EU", "title": "Mr"})
    row = cells(organization)

    assert (row["Region"], row["extra: title"]) == ("EU", "Mr")
    assert "extra" not in row


def test_an_empty_register_is_a_header(organization: Organization) -> None:
    assert exported(organization).decode().count("\r\n") == 1


def test_queries_do_not_grow_with_the_rows(organization: Organization) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_risk(organization, tags=["a"], assets=[])
        with CaptureQueriesContext(connection) as queries:
            exported(organization)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_rows_are_written_as_they_are_read(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    for _ in range(5):
        make_risk(organization)
    seen: list[int] = []
    plain = exports.current_values

    def counted(rows: Any, controls: Any) -> Any:
        seen.append(len(rows))
        return plain(rows, controls)

    monkeypatch.setattr(exports, "current_values", counted)
    lines = exports.csv_lines(Risk.objects.order_by("number"), organization)
    mark, _, _ = next(lines), next(lines), next(lines)

    assert (mark, seen) == ("\ufeff", [2])
    assert len([*lines]) == 4


def test_nothing_of_another_organization_is_in_it(
    organization: Organization, other_organization: Organization
) -> None:
    make_risk(other_organization, title="Secret", extra={"Hidden": "x"})

    assert "Secret" not in exported(organization).decode()
    assert "Hidden" not in exported(organization).decode()
