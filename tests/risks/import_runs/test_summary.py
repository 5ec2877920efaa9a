"""The report of a run as text."""

from openrisk.accounts.models import Organization
from risks.import_runs.summary import (
    MAX_LISTED,
    first_of_each_kind,
    report_lines,
    summarize_run,
)
from tests.risks.import_runs.uploads import (
    HEADER,
    ONE,
    edit_risk,
    import_register,
    preview_register,
)


def test_a_report_lists_columns_guesses_stops_edits_and_counts(organization: Organization) -> None:
    import_register(organization, ONE)
    edit_risk(organization, title="Blaze")
    run = import_register(
        organization,
        ONE.replace("Fire", "Flames").replace("Open", "Accepted").replace("4,5", "High,5"),
    )
    lines = list(report_lines(summarize_run(run)))

    assert lines[0] == "register.csv, known as the source register"
    for title in ("Columns", "Assumptions", "Held back", "Counts"):
        assert title in lines
    assert "  Row 2 (R1): title was 'Blaze'" in lines
    assert any(line.endswith("Needs an approved acceptance.") for line in lines)


def test_a_report_lists_errors_with_row_and_column(organization: Organization) -> None:
    run = preview_register(organization, HEADER + "R1,Fire,nine,5,,,,,,\n")
    lines = list(report_lines(summarize_run(run)))

    assert any(line.startswith("  Row 2, column Likelihood: ") for line in lines)


def test_the_first_of_each_kind_are_listed_and_the_rest_counted() -> None:
    many = [(f"Row {row} is the same risk", f"Row {row}") for row in range(MAX_LISTED + 2)]
    lines = first_of_each_kind([*many, ("No title", "Row 99")])
    assert (len(lines), lines[MAX_LISTED:]) == (
        MAX_LISTED + 2,
        ["... and 2 more like this", "Row 99"],
    )
