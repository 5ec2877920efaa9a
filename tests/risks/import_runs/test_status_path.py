"""How far an import moves the status of a risk."""

import pytest

from openrisk.accounts.models import Organization
from risks.models import (
    Mitigation,
    Risk,
)
from tests.risks.factories import (
    make_action,
)
from tests.risks.import_runs.uploads import (
    HEADER,
    ONE,
    count_changes,
    import_register,
    only_risk,
    read_real_register,
    row_of,
)


def test_a_status_stops_where_a_guard_refuses(organization: Organization) -> None:
    run = import_register(organization, read_real_register("hospital.csv"), "hospital.csv")
    stopped = run.rows.get(identity="R15", model="risks.risk")

    assert Risk.objects.get(external_id="R15").status == "assessed"
    assert stopped.notes == [
        "The status stops at assessed, not accepted: Needs an approved acceptance."
    ]


@pytest.mark.parametrize(
    ("word", "reached"),
    [
        ("Draft", "draft"),
        ("Open", "assessed"),
        ("Planned", "treatment_planned"),
        ("In progress", "in_treatment"),
        ("Mitigated", "mitigated"),
        ("Closed", "closed"),
        ("Accepted", "assessed"),
        ("", "identified"),
    ],
)
def test_a_new_risk_moves_to_its_status(
    organization: Organization, word: str, reached: str
) -> None:
    import_register(organization, ONE.replace("Open", word))

    assert only_risk(organization).status == reached


def test_without_a_rating_or_a_plan_it_stops_early(organization: Organization) -> None:
    lines = "R1,Fire,,,In progress,,,,Sprinklers,\nR2,Flood,1,1,In progress,,,,,\n"
    run = import_register(organization, HEADER + lines)

    statuses = dict(Risk.objects.values_list("external_id", "status"))
    assert statuses == {"R1": "identified", "R2": "treatment_planned"}
    notes = [note for r in run.rows.filter(model="risks.risk").order_by("id") for note in r.notes]
    assert "Inherent likelihood and impact not assessed" in notes[0]
    assert "Add a mitigation first" in notes[1]


def test_an_update_cannot_bypass_a_guard(organization: Organization) -> None:
    import_register(organization, ONE.replace("Open", "In progress"))
    make_action(Mitigation.objects.get())
    run = import_register(organization, ONE.replace("Open", "Mitigated"))

    assert only_risk(organization).status == "in_treatment"
    assert "1 action open in M-0001" in row_of(run).notes[0]


def test_a_status_that_stopped_is_unchanged_the_next_time(organization: Organization) -> None:
    accepted = ONE.replace("Open", "Accepted")
    import_register(organization, accepted)

    assert count_changes(import_register(organization, accepted)) == 0
