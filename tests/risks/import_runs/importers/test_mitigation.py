"""Treatment plans of a register as mitigations."""

from openrisk.accounts.models import Organization, User
from risks.import_runs import lifecycle, undo
from risks.models import (
    Mitigation,
)
from risks.services import mitigations
from tests.risks.import_runs.uploads import (
    ONE,
    count_changes,
    import_register,
    preview_register,
    read_real_register,
    row_of,
)


def test_a_treatment_plan_becomes_a_mitigation(organization: Organization) -> None:
    import_register(organization, read_real_register("hospital.csv"), "hospital.csv")
    plan = Mitigation.objects.get(risk__external_id="R01")

    assert plan.title.startswith("Require phishing-resistant MFA")
    assert (str(plan.due_date), plan.status) == ("2027-05-31", "in_progress")


def test_an_existing_plan_is_not_validated_by_an_import(
    organization: Organization, manager: User
) -> None:
    import_register(organization, ONE)
    plan = Mitigation.objects.get()
    plan = mitigations.update_mitigation(actor=manager, instance=plan, owner=manager)
    for status in ("in_progress", "review"):
        plan = mitigations.set_status(actor=manager, mitigation=plan, to=status)
    run = lifecycle.apply_run(
        actor=manager, run=preview_register(organization, ONE.replace("Open", "Mitigated"))
    )

    assert Mitigation.objects.get().status == "review"
    assert row_of(run, "risks.mitigation").notes == [
        "The plan stays in review, not done: someone other than its owner validates it here."
    ]


def test_a_new_plan_gets_the_status_from_its_source(organization: Organization) -> None:
    import_register(organization, ONE.replace("Open", "Mitigated"))

    assert Mitigation.objects.values_list("status", "owner").get() == ("done", None)


def test_a_changed_plan_changes_the_mitigation_but_not_its_state(
    organization: Organization,
) -> None:
    import_register(organization, ONE)
    plan = mitigations.set_status(actor=None, mitigation=Mitigation.objects.get(), to="in_progress")
    import_register(organization, ONE.replace("Sprinklers", "Sprinklers and alarms"))
    changed = Mitigation.objects.get()

    assert (changed.pk, changed.title) == (plan.pk, "Sprinklers and alarms")
    assert (changed.status, changed.version) == ("in_progress", plan.version + 1)


def test_a_long_plan_is_whole_in_the_description(organization: Organization) -> None:
    plan = "Install sprinklers everywhere. " * 20
    import_register(organization, ONE.replace("Sprinklers", plan))
    mitigation = Mitigation.objects.get()

    assert len(mitigation.title) <= 255
    assert mitigation.description == plan.strip()


SEVERAL = "ID,Risk,Impact,Action,By\nR1,Fire,5,Sprinklers,IT\n,,,Alarm,HR\n,,,Fire drill,\n"


def test_each_action_of_a_risk_is_a_mitigation(organization: Organization) -> None:
    run = import_register(organization, SEVERAL)
    plans = Mitigation.objects.filter(risk__external_id="R1").order_by("number")

    assert [plan.title for plan in plans] == ["Sprinklers", "Alarm", "Fire drill"]
    assert plans[1].description == "Alarm\nBy: HR"
    assert count_changes(import_register(organization, SEVERAL)) == 0
    undo.undo_run(actor=None, run=run)
    assert not Mitigation.objects.exists()


def test_actions_in_another_order_are_the_same_ones(organization: Organization) -> None:
    import_register(organization, SEVERAL)
    header, *_ = SEVERAL.splitlines(keepends=True)
    before = dict(Mitigation.objects.values_list("pk", "title"))
    swapped = f"{header}R1,Fire,5,Fire drills,\n,,,Alarm,HR\n,,,Sprinklers,IT\n,,,Ladder,\n"
    run = import_register(organization, swapped)

    assert run.counts["mitigations"] == {"create": 1, "update": 1, "unchanged": 2, "error": 0}
    assert Mitigation.objects.get(title="Fire drills").pk in before
    assert count_changes(import_register(organization, swapped)) == 0


def test_a_second_action_leaves_the_first_one_alone(organization: Organization) -> None:
    header, first, *_ = SEVERAL.splitlines(keepends=True)
    import_register(organization, header + first)
    pk = Mitigation.objects.get().pk
    import_register(organization, f"{header}R1,Fire,5,Alarm,IT\n,,,Sprinklers,IT\n")

    assert Mitigation.objects.get(title="Sprinklers").pk == pk
    assert Mitigation.objects.count() == 2
