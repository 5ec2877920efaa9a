"""The written risks: they name what exists, their stories are possible, and work waits."""

from itertools import pairwise

import pytest

from openrisk.accounts.models import Organization, Role
from risks.demo import seeding
from risks.demo.topics import TOPICS
from risks.demo.word_lists import MEMBERS
from risks.demo.written.extras import RELATIONS, WATCHES
from risks.demo.written.files import FILES
from risks.demo.written.own_work import (
    ACTIONS,
    COMMENTED,
    OWNED,
    REVIEWED,
    WATCHED,
    give_own_work,
)
from risks.demo.written.reading import written_assets, written_risks
from risks.models import Acceptance, Attachment, Change, Comment, Mention, MitigationAction, Risk
from risks.states import TRANSITIONS
from tests.conftest import member

PEOPLE = {address for address, _name, _role in MEMBERS}
TREATED = {"treatment_planned", "in_treatment", "mitigated"}


def test_there_are_forty_and_none_twice():
    titles = {risk.title for risk in written_risks()}
    assert 40 <= len(titles) == len(written_risks())


def test_risks_name_what_exists():
    assets = {asset.name for asset in written_assets()}
    controls = {f"{t.prefix}-{n}" for t in TOPICS for n, _ in enumerate(t.controls, 1)}
    for risk in written_risks():
        people = {*risk.people.values(), *(plan.owner for plan in risk.plans)}
        people |= {comment.author for comment in risk.comments}
        unknown = {*risk.assets} - assets | {*risk.controls} - controls | people - PEOPLE
        assert unknown == set(), risk.title


def test_stories_are_possible():
    """Each status follows from the one before, in the order of time, and is treated by a plan."""
    for risk in written_risks():
        for before, after in pairwise(risk.story):
            assert before.days >= after.days + 4, risk.title
            is_next = after.status in TRANSITIONS[before.status]
            assert after.status == before.status or is_next, risk.title
        is_treated = not TREATED.isdisjoint(step.status for step in risk.story)
        assert is_treated == bool(risk.plans), risk.title


def test_extras_are_about_written_risks():
    titles = {risk.title for risk in written_risks()}
    related = {title for one, _kind, other in RELATIONS for title in (one, other)}
    actions = {a.title for risk in written_risks() for plan in risk.plans for a in plan.actions}
    named = {*related, *(title for _who, title in WATCHES), *(file.risk for file in FILES)}
    assert {*named, *OWNED, *REVIEWED, *WATCHED, COMMENTED} <= titles
    assert set(ACTIONS) <= actions


@pytest.fixture(scope="module")
def written(standing):
    with standing():
        count = len(written_risks())
        seeding.seed_organizations(
            risks=count + 1, organizations=1, seed=1, progress=lambda done: None
        )
        return Organization.objects.get(slug="demo")


def test_members_have_worked_on_the_risks(written, db):
    assert Attachment.objects.count() == len(FILES)
    comments = sum(len(risk.comments) for risk in written_risks())
    assert Comment.objects.count() == comments
    assert Acceptance.objects.filter(status="requested").count() == 1


def test_load_data_says_what_it_is(written, db):
    [generated] = Risk.objects.exclude(title__in=[risk.title for risk in written_risks()])
    assert "load data" in generated.title
    assert generated.description.startswith("Generated load data")


def test_history_of_a_written_risk_is_that_of_its_story(written, db):
    story = written_risks()[0].story
    risk = Risk.objects.get(title=written_risks()[0].title)
    entries = Change.objects.filter(model="risks.risk", object_id=risk.pk, action="updated")
    assert entries.filter(changes__has_key="status").count() == len(
        [1 for before, after in pairwise(story) if before.status != after.status]
    )


def test_work_waits_for_the_person_who_tries_it(written, db):
    person = member(Role.ADMIN, written, "newcomer")
    give_own_work(person=person, organization=written)
    assert Risk.objects.filter(owner=person).count() == len(OWNED)
    assert Risk.objects.filter(reviewer=person).count() == len(REVIEWED)
    assert MitigationAction.objects.filter(assignee=person).count() == len(ACTIONS)
    assert Mention.objects.filter(user=person).count() == 1
