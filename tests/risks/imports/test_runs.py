"""Runs of registers: what a preview says, what applying it does, and what it never does."""

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
from risks.services import mitigations, risks, rows
from tests.conftest import SHARED_DATA
from tests.risks.factories import (
    make_action,
    make_assessed_risk,
    make_asset,
    make_category,
    make_control,
    make_framework,
    make_risk,
)
from tests.risks.imports.registers import HEADER, bring_in, changes, row, upload
from tests.risks.threads import in_threads

REGISTERS = {
    "energy-utility.csv": 20,
    "hospital.csv": 13,
    "small-company.csv": 8,
    "telecom-isms.csv": 15,
    "words-only.csv": 6,
}
ONE = HEADER + "R1,Fire,4,5,Open,Facilities,Physical,Archive,Sprinklers,See audit\n"


def real(name: str) -> bytes:
    path = SHARED_DATA / "registers" / name
    if not path.exists():
        pytest.skip(f"needs {path.name}, which is no part of the project")
    return path.read_bytes()


def only(organization: Organization) -> Risk:
    return Risk.objects.for_organization(organization).get()


def edit(organization: Organization, **fields: Any) -> Risk:
    return risks.update_risk(actor=None, instance=only(organization), **fields)


# --- Registers that somebody really keeps


@pytest.mark.parametrize("name", REGISTERS)
def test_a_real_register_comes_in_whole(organization: Organization, name: str) -> None:
    run = bring_in(organization, real(name), name)

    assert run.counts["risks"] == {
        "create": REGISTERS[name], "update": 0, "unchanged": 0, "error": 0
    }  # fmt: skip
    assert Risk.objects.filter(source="import", source_name=name[:-4]).count() == REGISTERS[name]


@pytest.mark.parametrize("name", REGISTERS)
def test_the_second_import_of_a_real_register_changes_nothing(
    organization: Organization, name: str
) -> None:
    bring_in(organization, real(name), name)
    history = Change.objects.count()

    assert changes(bring_in(organization, real(name), name)) == 0
    assert Change.objects.count() == history


def test_a_hospital_risk_becomes_a_risk(organization: Organization) -> None:
    bring_in(organization, real("hospital.csv"), "hospital.csv")
    risk = Risk.objects.get(external_id="R01")

    assert (risk.inherent_score, risk.inherent_level) == (25, "critical")
    assert (risk.residual_score, risk.residual_level) == (10, "medium")
    assert (risk.status, risk.treatment, risk.owner_name) == ("in_treatment", "mitigate", "CISO")
    assert risk.description.startswith("Threat: Ransomware affiliate")
    assert risk.extra["HIPAA Reference"] == "164.308(b)(1); 164.312(d)"
    assert [asset.name for asset in risk.assets.all()] == ["A1"]


def test_a_treatment_plan_becomes_a_mitigation(organization: Organization) -> None:
    bring_in(organization, real("hospital.csv"), "hospital.csv")
    plan = Mitigation.objects.get(risk__external_id="R01")

    assert plan.title.startswith("Require phishing-resistant MFA")
    assert (str(plan.due_date), plan.status) == ("2027-05-31", "in_progress")


def test_plan_that_is_here_is_not_validated_by_its_import(
    organization: Organization, manager: User
) -> None:
    bring_in(organization, ONE)
    plan = Mitigation.objects.get()
    plan = mitigations.update_mitigation(actor=manager, instance=plan, owner=manager)
    for status in ("in_progress", "review"):
        plan = mitigations.set_status(actor=manager, mitigation=plan, to=status)
    run = lifecycle.apply_run(
        actor=manager, run=upload(organization, ONE.replace("Open", "Mitigated"))
    )

    assert Mitigation.objects.get().status == "review"
    assert row(run, "risks.mitigation").notes == [
        "The plan stays in review, not done: someone other than its owner validates it here."
    ]


def test_plan_that_is_new_is_as_far_as_its_source_says(organization: Organization) -> None:
    bring_in(organization, ONE.replace("Open", "Mitigated"))

    assert Mitigation.objects.values_list("status", "owner").get() == ("done", None)


def test_a_status_stops_where_a_guard_is_shut(organization: Organization) -> None:
    run = bring_in(organization, real("hospital.csv"), "hospital.csv")
    stopped = run.rows.get(identity="R15", model="risks.risk")

    assert Risk.objects.get(external_id="R15").status == "assessed"
    assert stopped.notes == [
        "The status stops at assessed, not accepted: Needs an approved acceptance."
    ]


def test_the_source_s_own_rating_is_kept_and_reported(organization: Organization) -> None:
    run = bring_in(organization, real("words-only.csv"), "words-only.csv")
    risk = Risk.objects.get(external_id="R-001")

    assert (risk.inherent_level, risk.extra["inherent_risk_rating"]) == ("medium", "High")
    assert [g["column"] for g in run.guesses if g["what"] == "difference"] == [
        "inherent_risk_rating"
    ]


# --- Preview


def test_a_preview_leaves_the_register_alone(organization: Organization) -> None:
    run = upload(organization, ONE)

    assert (run.status, changes(run)) == ("previewed", 4)
    for model in (Risk, Category, Asset, Mitigation, Provenance, Change, ScoreChange):
        wrote = model.objects.exclude(model="risks.matrix") if model is Change else model.objects
        assert not wrote.exists(), model


def test_a_preview_shows_before_and_after(organization: Organization) -> None:
    bring_in(organization, ONE)
    run = upload(organization, ONE.replace("Fire", "Fire in the archive").replace("4,5", "2,5"))

    assert row(run).action == "update"
    assert row(run).changes == {
        "title": ["Fire", "Fire in the archive"],
        "inherent_likelihood": [4, 2],
    }


def test_a_new_object_has_no_before(organization: Organization) -> None:
    run = upload(organization, ONE)

    assert row(run).changes["owner_name"] == [None, "Facilities"]
    assert "residual_likelihood" not in row(run).changes


def test_the_source_is_the_file_s_name_unless_told(organization: Organization) -> None:
    assert upload(organization, ONE, "Q3 risks.final.csv").source_name == "Q3 risks.final"
    assert upload(organization, ONE, source_name="audit").source_name == "audit"


def test_a_column_goes_where_it_is_told(organization: Organization) -> None:
    run = bring_in(organization, ONE, mapping={"Note": "description"})

    assert only(organization).description == "See audit"
    assert {"column": "Note", "field": "description", "how": "chosen", "note": ""} in run.mapping


def test_the_same_file_is_recognised(organization: Organization) -> None:
    bring_in(organization, ONE)

    assert "This very file was imported" in upload(organization, ONE).notes[-1]
    assert upload(organization, ONE + "R2,Flood,1,1,,,,,,\n").notes == []


# --- Apply


def test_history_tells_who_and_which_run(organization: Organization, manager: User) -> None:
    run = upload(organization, ONE)
    lifecycle.apply_run(actor=manager, run=run)
    change = Change.objects.get(
        model="risks.risk", object_id=only(organization).pk, action="created"
    )

    assert (change.actor, change.run_id) == (manager, run.pk)
    assert change.comment == "Import of register.csv"


def test_a_run_is_applied_once(organization: Organization) -> None:
    run = bring_in(organization, ONE)

    with pytest.raises(Conflict, match="applied already"):
        lifecycle.apply_run(actor=None, run=run)
    assert Risk.objects.count() == 1


def test_an_outdated_preview_is_refused(organization: Organization) -> None:
    bring_in(organization, ONE)
    run = upload(organization, ONE.replace("Fire", "Flames"))
    edit(organization, title="Blaze")

    with pytest.raises(lifecycle.PreviewOutdated, match="Preview again"):
        lifecycle.apply_run(actor=None, run=run)
    assert only(organization).title == "Blaze"


def test_an_outdated_preview_can_be_made_again(organization: Organization) -> None:
    bring_in(organization, ONE)
    run = upload(organization, ONE.replace("Fire", "Flames"))
    edit(organization, title="Blaze")
    lifecycle.refresh_preview(actor=None, run=run)

    assert row(run).changes == {"title": ["Blaze", "Flames"]}
    assert lifecycle.apply_run(actor=None, run=run).status == "applied"
    assert only(organization).title == "Flames"


def test_an_edit_of_other_fields_does_not_outdate_a_preview(organization: Organization) -> None:
    bring_in(organization, ONE)
    run = upload(organization, ONE.replace("Fire", "Flames"))
    edit(organization, description="Paper burns")

    lifecycle.apply_run(actor=None, run=run)
    assert (only(organization).title, only(organization).description) == ("Flames", "Paper burns")


def test_a_failure_half_way_leaves_nothing(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = upload(organization, ONE)
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
    run = upload(organization, ONE)

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
    run = upload(
        organization, HEADER + "".join(f"R{n},Risk {n},1,2,Open,A,B,C,D,E\n" for n in range(200))
    )

    with django_assert_max_num_queries(70):
        lifecycle.apply_run(actor=None, run=run)
    assert Risk.objects.count() == 200


# --- Rows in error


BAD = ONE + "R2,Flood,9,5,Open,,,Cellar,Pumps,\n"


def test_a_row_in_error_stops_the_run(organization: Organization) -> None:
    run = upload(organization, BAD)

    with pytest.raises(lifecycle.RowsInError) as refusal:
        lifecycle.apply_run(actor=None, run=run)
    assert refusal.value.reasons[1].startswith("Row 3, column Likelihood: ")
    assert Risk.objects.count() == 0


def test_rows_in_error_can_be_left_out(organization: Organization) -> None:
    run = lifecycle.apply_run(actor=None, run=upload(organization, BAD), skip_errors=True)

    assert run.counts["risks"] == {"create": 1, "update": 0, "unchanged": 0, "error": 1}
    assert not Asset.objects.filter(name="Cellar").exists()
    assert Mitigation.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("R1,Flood,1,1,Open,,,,,", "Risk ID", "Row 2 is the same risk"),
        (f"{'x' * 256},Flood,1,1,Open,,,,,", "Risk ID", "characters"),
        ("R2,,1,1,Open,,,,,", "Title", "no title"),
    ],
)
def test_what_is_wrong_with_a_row(
    organization: Organization, line: str, column: str, reason: str
) -> None:
    run = upload(organization, f"{ONE}{line}\n")
    error = run.rows.get(action="error").errors[0]

    assert (error["row"], error["column"]) == (3, column)
    assert reason in error["reason"]


def test_two_rows_of_one_risk_are_an_error(organization: Organization) -> None:
    risk = make_risk(organization, title="Fire")
    header = "reference,external_id,title,owner_name,inherent_likelihood,inherent_impact\n"
    own = f"{header}{risk.reference},,Fire,,,\n"
    bring_in(organization, own)
    run = upload(organization, f"{own},{risk.reference},Fire,,,\n")

    assert "the same risk" in run.rows.get(action="error").errors[0]["reason"]


def test_an_assessed_risk_keeps_its_rating(organization: Organization) -> None:
    bring_in(organization, ONE)
    run = upload(organization, ONE.replace(",4,5,", ",,5,"))

    assert row(run).action == "error"
    assert "keeps its inherent likelihood" in row(run).errors[0]["reason"]
    assert row(run, "risks.mitigation").action == "error"


# --- Edits since the last import


def test_what_a_source_repeats_does_not_overwrite_an_edit(organization: Organization) -> None:
    bring_in(organization, ONE)
    edit(organization, title="Blaze", residual_likelihood=1, residual_impact=1)

    assert changes(bring_in(organization, ONE)) == 0
    assert only(organization).title == "Blaze"


def test_what_a_source_says_anew_overwrites_an_edit_and_says_so(
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


def test_what_is_missing_from_the_file_stays(organization: Organization) -> None:
    bring_in(organization, ONE + "R2,Flood,1,1,Open,,,,,\n")
    bring_in(organization, HEADER + "R2,Flood,1,1,Open,,,,,\n")

    assert Risk.objects.count() == 2


def test_a_deleted_risk_is_imported_again(organization: Organization) -> None:
    bring_in(organization, ONE)
    rows.delete(actor=None, instance=only(organization))
    run = bring_in(organization, ONE)

    assert (run.counts["risks"]["create"], run.counts["mitigations"]["create"]) == (1, 1)
    assert only(organization).mitigations.count() == 1


# --- Which risk a row is


def test_each_source_has_ids_of_its_own(organization: Organization) -> None:
    bring_in(organization, ONE, "first.csv")
    bring_in(organization, ONE, "second.csv")

    assert Risk.objects.filter(external_id="R1").count() == 2


def test_without_an_id_the_title_tells(organization: Organization) -> None:
    bring_in(organization, "Title,Impact\nData  loss,3\n")
    run = bring_in(organization, "Title,Impact\ndata LOSS,4\n")

    assert row(run).changes == {"title": ["Data  loss", "data LOSS"], "inherent_impact": [3, 4]}
    assert only(organization).external_id == "data loss"


def test_another_organization_s_risk_is_another(
    organization: Organization, other_organization: Organization
) -> None:
    bring_in(other_organization, ONE)
    run = bring_in(organization, ONE)

    assert run.counts["risks"]["create"] == 1
    assert only(other_organization).title == "Fire"


# --- What a row becomes


@pytest.mark.parametrize("said", ["manager@acme.example.com", "MANAGER@acme.example.com", "Mo Ray"])
def test_an_owner_who_is_a_member(organization: Organization, manager: User, said: str) -> None:
    User.objects.filter(pk=manager.pk).update(name="Mo Ray")
    bring_in(organization, ONE.replace("Facilities", said))

    assert (only(organization).owner, only(organization).owner_name) == (manager, "")


def test_an_owner_who_is_no_member(organization: Organization, outsider: User) -> None:
    bring_in(organization, ONE.replace("Facilities", outsider.email))

    assert (only(organization).owner, only(organization).owner_name) == (None, outsider.email)


def test_a_name_that_two_members_have_is_nobody_s(
    organization: Organization, manager: User, analyst: User
) -> None:
    User.objects.filter(pk__in=(manager.pk, analyst.pk)).update(name="Mo Ray")
    bring_in(organization, ONE.replace("Facilities", "Mo Ray"))

    assert (only(organization).owner, only(organization).owner_name) == (None, "Mo Ray")


def test_categories_and_assets_are_found_by_name_or_made(organization: Organization) -> None:
    make_category(organization, "PHYSICAL")
    asset = make_asset(organization, "archive", criticality="critical")
    bring_in(organization, ONE + "R2,Flood,4,5,Open,,Physical,archive; Cellar,,\n")

    assert list(Category.objects.values_list("name", flat=True)) == ["PHYSICAL"]
    assert set(Asset.objects.values_list("name", flat=True)) == {"archive", "Cellar"}
    risk = Risk.objects.get(external_id="R1")
    assert list(risk.assets.all()) == [asset]
    assert risk.priority == 30  # 20, weighed by a critical asset


def test_a_control_is_linked_where_one_framework_has_it(organization: Organization) -> None:
    iso = make_framework(organization)
    make_control(iso, "A.1")
    make_control(iso, "A.2")
    make_control(make_framework(organization, "Other"), "A.2")
    bring_in(organization, "ID,Title,Control ref\nR1,Fire,A.1; A.2; A.9\n")
    risk = only(organization)

    assert [control.identifier for control in risk.controls.all()] == ["A.1"]
    assert risk.extra == {"Control ref": "A.2; A.9"}


def test_controls_that_nobody_knows_are_reported(organization: Organization) -> None:
    make_control(make_framework(organization), "A.1")
    run = upload(organization, "ID,Title,Control ref\nR1,Fire,A.1; A.2\nR2,Flood,A.2\n")

    (guess,) = [guess for guess in run.guesses if guess["what"] == "list"]
    assert (guess["column"], guess["table"]) == ("Control ref", {"A.2": None})
    assert guess["detail"].startswith("1 of 2 controls")


def test_controls_that_are_known_need_no_report(organization: Organization) -> None:
    make_control(make_framework(organization), "A.1")
    run = upload(organization, "ID,Title,Control ref\nR1,Fire,a.1\n")
    assert [guess for guess in run.guesses if guess["what"] == "list"] == []


def test_links_follow_the_source(organization: Organization) -> None:
    bring_in(organization, "ID,Title,Tags,Asset\nR1,Fire,a; b,Archive; Cellar\n")
    bring_in(organization, "ID,Title,Tags,Asset\nR1,Fire,b; c,Cellar\n")
    risk = only(organization)

    assert {tag.name for tag in risk.tags.all()} == {"b", "c"}
    assert [asset.name for asset in risk.assets.all()] == ["Cellar"]


@pytest.mark.parametrize(
    ("said", "reached"),
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
def test_a_new_risk_walks_to_its_state(organization: Organization, said: str, reached: str) -> None:
    bring_in(organization, ONE.replace("Open", said))

    assert only(organization).status == reached


def test_without_a_rating_or_a_plan_it_does_not_get_far(organization: Organization) -> None:
    lines = "R1,Fire,,,In progress,,,,Sprinklers,\nR2,Flood,1,1,In progress,,,,,\n"
    run = bring_in(organization, HEADER + lines)

    found = dict(Risk.objects.values_list("external_id", "status"))
    assert found == {"R1": "identified", "R2": "treatment_planned"}
    notes = [note for r in run.rows.filter(model="risks.risk").order_by("id") for note in r.notes]
    assert "Inherent likelihood and impact not assessed" in notes[0]
    assert "Add a mitigation first" in notes[1]


def test_an_update_cannot_go_round_a_guard(organization: Organization) -> None:
    bring_in(organization, ONE.replace("Open", "In progress"))
    make_action(Mitigation.objects.get())
    run = bring_in(organization, ONE.replace("Open", "Mitigated"))

    assert only(organization).status == "in_treatment"
    assert "1 action open in M-0001" in row(run).notes[0]


def test_a_state_that_stopped_is_no_change_the_next_time(organization: Organization) -> None:
    accepted = ONE.replace("Open", "Accepted")
    bring_in(organization, accepted)

    assert changes(bring_in(organization, accepted)) == 0


def test_a_changed_plan_changes_the_mitigation_but_not_its_state(
    organization: Organization,
) -> None:
    bring_in(organization, ONE)
    plan = mitigations.set_status(actor=None, mitigation=Mitigation.objects.get(), to="in_progress")
    bring_in(organization, ONE.replace("Sprinklers", "Sprinklers and alarms"))
    changed = Mitigation.objects.get()

    assert (changed.pk, changed.title) == (plan.pk, "Sprinklers and alarms")
    assert (changed.status, changed.version) == ("in_progress", plan.version + 1)


def test_a_long_plan_is_whole_in_the_description(organization: Organization) -> None:
    plan = "Install sprinklers everywhere. " * 20
    bring_in(organization, ONE.replace("Sprinklers", plan))
    mitigation = Mitigation.objects.get()

    assert len(mitigation.title) <= 255
    assert mitigation.description == plan.strip()


def test_scores_follow_a_changed_rating(organization: Organization) -> None:
    bring_in(organization, ONE)
    bring_in(organization, ONE.replace(",4,5,", ",1,2,"))
    risk = only(organization)

    assert (risk.inherent_score, risk.current_level, risk.priority) == (2, "low", 2)
    assert ScoreChange.objects.filter(risk=risk).first().current_score == 2  # type: ignore[union-attr]


def test_a_risk_that_people_made_is_no_row_s(organization: Organization) -> None:
    mine = make_assessed_risk(organization, title="Fire")
    bring_in(organization, ONE)
    mine.refresh_from_db()

    assert (mine.source, Risk.objects.count()) == ("manual", 2)


def test_a_run_is_of_one_organization(
    organization: Organization, other_organization: Organization
) -> None:
    upload(organization, ONE)

    assert ImportRun.objects.for_organization(other_organization).count() == 0
