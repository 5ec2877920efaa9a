"""Runs: what a preview shows, what applying writes, and what is refused."""

from typing import Any

import pytest

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.import_runs import lifecycle
from risks.import_runs.importers import risk as risk_target
from risks.models import (
    Asset,
    Category,
    Change,
    ImportRun,
    Mitigation,
    Provenance,
    Risk,
    ScoreChange,
)
from tests.risks.factories import (
    make_risk,
)
from tests.risks.import_runs.uploads import (
    HEADER,
    ONE,
    count_changes,
    edit_risk,
    import_register,
    only_risk,
    preview_register,
    row_of,
)
from tests.risks.threads import in_threads


def test_a_preview_leaves_the_register_alone(organization: Organization) -> None:
    run = preview_register(organization, ONE)

    assert (run.status, count_changes(run)) == ("previewed", 4)
    for model in (Risk, Category, Asset, Mitigation, Provenance, Change, ScoreChange):
        wrote = model.objects.exclude(model="risks.matrix") if model is Change else model.objects
        assert not wrote.exists(), model


def test_a_preview_shows_before_and_after(organization: Organization) -> None:
    import_register(organization, ONE)
    run = preview_register(
        organization, ONE.replace("Fire", "Fire in the archive").replace("4,5", "2,5")
    )

    assert row_of(run).action == "update"
    assert row_of(run).changes == {
        "title": ["Fire", "Fire in the archive"],
        "inherent_likelihood": [4, 2],
    }


def test_the_changes_of_a_new_object_have_no_value_before(organization: Organization) -> None:
    run = preview_register(organization, ONE)

    assert row_of(run).changes["owner_name"] == [None, "Facilities"]
    assert "residual_likelihood" not in row_of(run).changes


def test_history_records_the_actor_and_the_run(organization: Organization, manager: User) -> None:
    run = preview_register(organization, ONE)
    lifecycle.apply_run(actor=manager, run=run)
    change = Change.objects.get(
        model="risks.risk", object_id=only_risk(organization).pk, action="created"
    )

    assert (change.actor, change.run_id) == (manager, run.pk)
    assert change.comment == "Import of register.csv"


def test_a_run_is_applied_once(organization: Organization) -> None:
    run = import_register(organization, ONE)

    with pytest.raises(Conflict, match="applied already"):
        lifecycle.apply_run(actor=None, run=run)
    assert Risk.objects.count() == 1


def test_an_outdated_preview_is_refused(organization: Organization) -> None:
    import_register(organization, ONE)
    run = preview_register(organization, ONE.replace("Fire", "Flames"))
    edit_risk(organization, title="Blaze")

    with pytest.raises(lifecycle.PreviewOutdated, match="Preview again"):
        lifecycle.apply_run(actor=None, run=run)
    assert only_risk(organization).title == "Blaze"


def test_an_outdated_preview_can_be_made_again(organization: Organization) -> None:
    import_register(organization, ONE)
    run = preview_register(organization, ONE.replace("Fire", "Flames"))
    edit_risk(organization, title="Blaze")
    lifecycle.refresh_preview(actor=None, run=run)

    assert row_of(run).changes == {"title": ["Blaze", "Flames"]}
    assert lifecycle.apply_run(actor=None, run=run).status == "applied"
    assert only_risk(organization).title == "Flames"


def test_an_edit_of_other_fields_does_not_outdate_a_preview(organization: Organization) -> None:
    import_register(organization, ONE)
    run = preview_register(organization, ONE.replace("Fire", "Flames"))
    edit_risk(organization, description="Paper burns")

    lifecycle.apply_run(actor=None, run=run)
    assert (only_risk(organization).title, only_risk(organization).description) == (
        "Flames",
        "Paper burns",
    )


def test_a_failure_half_way_leaves_nothing(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = preview_register(organization, ONE)
    monkeypatch.setattr(risk_target, "write_links", _fail)

    with pytest.raises(RuntimeError):
        lifecycle.apply_run(actor=None, run=run)
    run.refresh_from_db()
    assert (run.status, Risk.objects.count(), Category.objects.count()) == ("previewed", 0, 0)


def _fail(*args: Any) -> None:
    raise RuntimeError("the disk is full")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_applications_at_once_count_once(organization: Organization) -> None:
    run = preview_register(organization, ONE)

    def try_it() -> str:
        try:
            return lifecycle.apply_run(actor=None, run=run).status
        except Conflict:
            return "refused"

    assert sorted(in_threads(try_it, try_it)) == ["applied", "refused"]
    assert Risk.objects.count() == 1


def test_more_rows_cost_no_more_queries(
    organization: Organization, django_assert_max_num_queries: Any
) -> None:
    run = preview_register(
        organization, HEADER + "".join(f"R{n},Risk {n},1,2,Open,A,B,C,D,E\n" for n in range(200))
    )

    with django_assert_max_num_queries(70):
        lifecycle.apply_run(actor=None, run=run)
    assert Risk.objects.count() == 200


BAD = ONE + "R2,Flood,9,5,Open,,,Cellar,Pumps,\n"


def test_a_row_in_error_stops_the_run(organization: Organization) -> None:
    run = preview_register(organization, BAD)

    with pytest.raises(lifecycle.RowsInError) as refusal:
        lifecycle.apply_run(actor=None, run=run)
    assert refusal.value.reasons[1].startswith("Row 3, column Likelihood: ")
    assert Risk.objects.count() == 0


def test_rows_in_error_can_be_left_out(organization: Organization) -> None:
    run = lifecycle.apply_run(actor=None, run=preview_register(organization, BAD), skip_errors=True)

    assert run.counts["risks"] == {"create": 1, "update": 0, "unchanged": 0, "error": 1}
    assert not Asset.objects.filter(name="Cellar").exists()
    assert Mitigation.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("R1,Flood,1,1,Open,,,,,", "Title", "Row 2 is the same risk, but has Fire here"),
        (f"{'x' * 256},Flood,1,1,Open,,,,,", "Risk ID", "characters"),
        ("R2,,1,1,Open,,,,,", "Title", "no title"),
    ],
)
def test_an_error_names_row_column_and_reason(
    organization: Organization, line: str, column: str, reason: str
) -> None:
    run = preview_register(organization, f"{ONE}{line}\n")
    error = run.rows.get(action="error").errors[0]

    assert (error["row"], error["column"]) == (3, column)
    assert reason in error["reason"]


def test_two_rows_of_one_risk_are_an_error(organization: Organization) -> None:
    risk = make_risk(organization, title="Fire")
    header = "reference,external_id,title,owner_name,inherent_likelihood,inherent_impact\n"
    own = f"{header}{risk.reference},,Fire,,,\n"
    import_register(organization, own)
    run = preview_register(organization, f"{own},{risk.reference},Fire,,,\n")

    assert "the same risk" in run.rows.get(action="error").errors[0]["reason"]


def test_a_run_is_of_one_organization(
    organization: Organization, other_organization: Organization
) -> None:
    preview_register(organization, ONE)

    assert ImportRun.objects.for_organization(other_organization).count() == 0
