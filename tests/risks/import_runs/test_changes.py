"""Values that a source gives again, changes or leaves out, and edits in between."""

from openrisk.accounts.models import Organization
from risks.models import (
    Risk,
)
from risks.services import rows
from tests.risks.import_runs.uploads import (
    HEADER,
    ONE,
    count_changes,
    edit_risk,
    import_register,
    only_risk,
    row_of,
)


def test_a_repeated_value_does_not_overwrite_an_edit(organization: Organization) -> None:
    import_register(organization, ONE)
    edit_risk(organization, title="Blaze", residual_likelihood=1, residual_impact=1)

    assert count_changes(import_register(organization, ONE)) == 0
    assert only_risk(organization).title == "Blaze"


def test_a_new_value_overwrites_an_edit_and_is_reported(
    organization: Organization,
) -> None:
    import_register(organization, ONE)
    edit_risk(organization, title="Blaze")
    run = import_register(organization, ONE.replace("Fire", "Flames"))

    assert (row_of(run).changes, row_of(run).edited) == ({"title": ["Blaze", "Flames"]}, ["title"])
    assert only_risk(organization).title == "Flames"


def test_a_cell_that_was_emptied_empties_the_field(organization: Organization) -> None:
    import_register(organization, ONE)
    import_register(organization, ONE.replace("Facilities", "").replace("See audit", ""))

    assert (only_risk(organization).owner_name, only_risk(organization).extra) == ("", {})


def test_a_cell_that_was_always_empty_empties_nothing(organization: Organization) -> None:
    silent = HEADER + "R1,Fire,4,5,Open,,,,,\n"
    import_register(organization, silent)
    edit_risk(organization, owner_name="Facilities")

    assert count_changes(import_register(organization, silent)) == 0
    assert only_risk(organization).owner_name == "Facilities"


def test_risks_that_are_missing_from_the_file_stay(organization: Organization) -> None:
    import_register(organization, ONE + "R2,Flood,1,1,Open,,,,,\n")
    import_register(organization, HEADER + "R2,Flood,1,1,Open,,,,,\n")

    assert Risk.objects.count() == 2


def test_a_deleted_risk_is_imported_again(organization: Organization) -> None:
    import_register(organization, ONE)
    rows.delete(actor=None, instance=only_risk(organization))
    run = import_register(organization, ONE)

    assert (run.counts["risks"]["create"], run.counts["mitigations"]["create"]) == (1, 1)
    assert only_risk(organization).mitigations.count() == 1
