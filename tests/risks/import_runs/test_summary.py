"""The report of a run as text."""

from openrisk.accounts.models import Organization
from risks.import_runs.summary import MAX_LISTED, format_section, report_lines, summarize_run
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
    for title in ("Columns", "Guesses", "Stops", "Counts"):
        assert title in lines
    assert "  Row 2 (R1): title was 'Blaze'" in lines
    assert any(line.endswith("Needs an approved acceptance.") for line in lines)


def test_a_report_lists_errors_with_row_and_column(organization: Organization) -> None:
    run = preview_register(organization, HEADER + "R1,Fire,nine,5,,,,,,\n")
    lines = list(report_lines(summarize_run(run)))

    assert any(line.startswith("  Row 2, column Likelihood: ") for line in lines)


def test_a_long_section_is_cut() -> None:
    lines = list(format_section("Notes", ["x"] * (MAX_LISTED + 2)))
    assert lines[-1] == "  ... and 2 more: see the rows of the run"
