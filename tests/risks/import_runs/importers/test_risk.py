"""Risks of a register: which risk a row is, and what it becomes."""

import pytest

from openrisk.accounts.models import Organization, User
from risks.models import (
    Risk,
    ScoreChange,
)
from tests.risks.factories import (
    make_assessed_risk,
    make_control,
    make_framework,
)
from tests.risks.import_runs.uploads import (
    ONE,
    import_register,
    only_risk,
    preview_register,
    row_of,
)


def test_each_source_has_ids_of_its_own(organization: Organization) -> None:
    import_register(organization, ONE, "first.csv")
    import_register(organization, ONE, "second.csv", as_new=True)

    assert Risk.objects.filter(external_id="R1").count() == 2


def test_without_an_id_the_title_identifies_a_risk(organization: Organization) -> None:
    import_register(organization, "Title,Impact\nData  loss,3\n")
    run = import_register(organization, "Title,Impact\ndata LOSS,4\n")

    assert row_of(run).changes == {"title": ["Data  loss", "data LOSS"], "inherent_impact": [3, 4]}
    assert only_risk(organization).external_id == "data loss"


def test_risks_of_another_organization_are_not_matched(
    organization: Organization, other_organization: Organization
) -> None:
    import_register(other_organization, ONE)
    run = import_register(organization, ONE)

    assert run.counts["risks"]["create"] == 1
    assert only_risk(other_organization).title == "Fire"


@pytest.mark.parametrize(
    "owner", ["manager@acme.example.com", "MANAGER@acme.example.com", "Mo Ray"]
)
def test_an_owner_who_is_a_member_is_linked(
    organization: Organization, manager: User, owner: str
) -> None:
    User.objects.filter(pk=manager.pk).update(name="Mo Ray")
    import_register(organization, ONE.replace("Facilities", owner))

    assert (only_risk(organization).owner, only_risk(organization).owner_name) == (manager, "")


def test_an_owner_who_is_not_a_member_stays_as_text(
    organization: Organization, outsider: User
) -> None:
    import_register(organization, ONE.replace("Facilities", outsider.email))

    assert (only_risk(organization).owner, only_risk(organization).owner_name) == (
        None,
        outsider.email,
    )


def test_a_name_of_two_members_identifies_neither(
    organization: Organization, manager: User, analyst: User
) -> None:
    User.objects.filter(pk__in=(manager.pk, analyst.pk)).update(name="Mo Ray")
    import_register(organization, ONE.replace("Facilities", "Mo Ray"))

    assert (only_risk(organization).owner, only_risk(organization).owner_name) == (None, "Mo Ray")


def test_a_control_is_linked_where_one_framework_has_it(organization: Organization) -> None:
    iso = make_framework(organization)
    make_control(iso, "A.1")
    make_control(iso, "A.2")
    make_control(make_framework(organization, "Other"), "A.2")
    import_register(organization, "ID,Title,Control ref\nR1,Fire,A.1; A.2; A.9\n")
    risk = only_risk(organization)

    assert [control.identifier for control in risk.controls.all()] == ["A.1"]
    assert risk.extra == {"Control ref": "A.2; A.9"}


def test_links_follow_the_source(organization: Organization) -> None:
    import_register(organization, "ID,Title,Tags,Asset\nR1,Fire,a; b,Archive; Cellar\n")
    import_register(organization, "ID,Title,Tags,Asset\nR1,Fire,b; c,Cellar\n")
    risk = only_risk(organization)

    assert {tag.name for tag in risk.tags.all()} == {"b", "c"}
    assert [asset.name for asset in risk.assets.all()] == ["Cellar"]


def test_an_assessed_risk_keeps_its_rating(organization: Organization) -> None:
    import_register(organization, ONE)
    run = preview_register(organization, ONE.replace(",4,5,", ",,5,"))

    assert row_of(run).action == "error"
    assert "keeps its inherent likelihood" in row_of(run).errors[0]["reason"]
    assert row_of(run, "risks.mitigation").action == "error"


def test_scores_follow_a_changed_rating(organization: Organization) -> None:
    import_register(organization, ONE)
    import_register(organization, ONE.replace(",4,5,", ",1,2,"))
    risk = only_risk(organization)

    assert (risk.inherent_score, risk.current_level, risk.priority) == (2, "low", 2)
    assert ScoreChange.objects.filter(risk=risk).first().current_score == 2  # type: ignore[union-attr]


def test_a_risk_that_people_created_is_not_matched(organization: Organization) -> None:
    mine = make_assessed_risk(organization, title="Fire")
    import_register(organization, ONE)
    mine.refresh_from_db()

    assert (mine.source, Risk.objects.count()) == ("manual", 2)
