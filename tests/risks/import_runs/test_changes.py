"""Values that a source gives again, changes or leaves out, and edits in between."""

from openrisk.accounts.models import Organization
from risks.models import (
    Risk,
)
from risks.services import rows
from tests.risks.import_runs.uploads import HEADER, ONE, bring_in, changes, edit, only, row


def test_a_repeated_value_does_not_overwrite_an_edit(organization: Organization) -> None:
    bring_in(organization, ONE)
    edit(organization, title="Blaze", residual_likelihood=1, residual_impact=1)

    assert changes(bring_in(organization, ONE)) == 0
    assert only(organization).title == "Blaze"


def test_a_new_value_overwrites_an_edit_and_is_reported(
    organization: Organization,
) -> None:
    bring_in(organization, ONE)
    edit(organization, title="Blaze")
    run = bring_in(organization, ONE.replace("Fire", "Flames"))

    assert (row(run).changes, row(run).edited) == ({"title": ["Blaze", "Flames"]}, ["title"])
    assert only(organization).title == "Flames"


def test_a_cell_that_was_emptied_empties_the_field(organization: Organization) -> None:
    bring_in(organization, ONE)
    bring_in(organization, ONE.replace("Facilities", "").replace("See audit", ""))

    assert (only(organization).owner_name, only(organization).extra) == ("", {})


def test_a_cell_that_was_always_empty_empties_nothing(organization: Organization) -> None:
    silent = HEADER + "R1,Fire,4,5,Open,,,,,\n"
    bring_in(organization, silent)
    edit(organization, owner_name="Facilities")

    assert changes(bring_in(organization, silent)) == 0
    assert only(organization).owner_name == "Facilities"


def test_risks_that_are_missing_from_the_file_stay(organization: Organization) -> None:
    bring_in(organization, ONE + "R2,Flood,1,1,Open,,,,,\n")
    bring_in(organization, HEADER + "R2,Flood,1,1,Open,,,,,\n")

    assert Risk.objects.count() == 2


def test_a_deleted_risk_is_imported_again(organization: Organization) -> None:
    bring_in(organization, ONE)
    rows.delete(actor=None, instance=only(organization))
    run = bring_in(organization, ONE)

    assert (run.counts["risks"]["create"], run.counts["mitigations"]["create"]) == (1, 1)
    assert only(organization).mitigations.count() == 1
