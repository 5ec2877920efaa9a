# ruff: noqa: RUF001  the sign of multiplication
"""History as sentences: one entry for one action, in words."""

from datetime import UTC, datetime

import pytest

from openrisk.accounts.models import User
from risks.history import recorded
from risks.history.comments import record_comment
from risks.history.entries import load_history
from risks.history.sentences import Subject, join_clauses, rating_in_words
from risks.import_runs.lifecycle import apply_run
from risks.models import Change, Risk
from risks.services.acceptances import decide_acceptance
from risks.services.mitigations import set_status, update_action
from risks.services.risks import confirm_ratings, mark_reviewed, take_transition, update_risk
from risks.services.rows import lock_for_update, update
from tests.risks import factories
from tests.risks.import_runs.uploads import preview_register


def history_of(*rows):
    """The entries of these rows; the first one is the one whose history is shown."""
    subjects = dict.fromkeys((row.pk for row in rows), None)
    return load_history({**subjects, rows[0].pk: Subject("the risk", is_main=True)}).entries


def sentences(*rows):
    return [entry.sentence for entry in history_of(*rows)]


@pytest.fixture
def risk(organization):
    return factories.make_risk(organization, tags=["ward", "backup"])


def test_creating_a_risk_with_two_tags_is_one_entry(risk):
    [entry] = history_of(risk)
    assert entry.sentence == "created the risk"
    details = {field.label: field.after for field in entry.changes[0].fields}
    assert details == {"Title": "Ransomware", "Tags": "backup and ward"}


def test_treatment_and_ratings_are_said_in_words(risk, analyst):
    User.objects.filter(pk=analyst.pk).update(name="Ada Lovelace")
    fields = {"treatment": "mitigate", "inherent_likelihood": 3, "inherent_impact": 4}
    update_risk(actor=analyst, instance=risk, comment="Workshop", **fields)
    entry = history_of(risk)[0]
    assert (entry.actor, entry.comment) == ("Ada Lovelace", "Workshop")
    assert entry.sentence == (
        "rated the inherent risk 3 × 4, Medium 12 and set treatment to Mitigate"
    )


def test_computed_fields_stand_beside_no_cause(risk):
    update_risk(actor=None, instance=risk, inherent_likelihood=2, inherent_impact=2)
    labels = [field.label for field in history_of(risk)[0].changes[0].fields]
    assert labels == ["Inherent risk"]


def test_one_factor_tells_the_whole_rating(organization):
    risk = factories.make_risk(organization, inherent_likelihood=4, inherent_impact=5)
    update_risk(actor=None, instance=risk, inherent_likelihood=5)
    assert sentences(risk)[0] == "rated the inherent risk 5 × 5, score 25"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"residual_likelihood": (None, 2)}, "likelihood 2"),
        ({"residual_impact": (None, 3)}, "impact 3"),
        ({"residual_likelihood": (3, None), "residual_score": (9, None)}, ""),
    ],
)
def test_half_a_rating_is_said_as_such(fields, words):
    assert rating_in_words(fields, "residual", 1) == words


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "Flood"}, "set title to Flood"),
        ({"description": "a\nb"}, "changed description"),
        ({"description": "x" * 99}, "changed description"),
        ({"tags": ["ward", "it"]}, "added it to tags and removed backup from tags"),
        ({"review_interval_days": 90}, "set review interval (days) to 90"),
        ({"owner_name": "Ops"}, "set owner name to Ops"),
    ],
)
def test_other_fields(risk, fields, sentence):
    update_risk(actor=None, instance=risk, **fields)
    assert sentences(risk)[0] == sentence


def test_value_that_was_taken_away(organization, analyst):
    risk = factories.make_risk(organization, owner=analyst)
    update_risk(actor=None, instance=risk, owner=None)
    assert sentences(risk)[0] == "cleared owner"
    assert history_of(risk)[0].changes[0].fields[0].before == analyst.email


def test_status_review_and_confirmation(organization):
    risk = factories.make_risk(
        organization,
        inherent_likelihood=4,
        inherent_impact=5,
        review_interval_days=30,
        derived_ratings={"inherent": "CVSS 9.1"},
    )
    confirm_ratings(actor=None, risk=risk, kind="inherent")
    mark_reviewed(actor=None, risk=risk)
    take_transition(actor=None, risk=risk, to="assessed", comment="Agreed")
    moved, reviewed, confirmed, _ = history_of(risk)
    assert (moved.sentence, moved.comment) == (
        "moved the risk from Identified to Assessed",
        "Agreed",
    )
    assert reviewed.sentence.startswith("reviewed the risk and planned the next review for ")
    assert (confirmed.sentence, confirmed.comment) == ("confirmed the inherent rating", "")


def test_mitigations_actions_and_acceptances_are_named(organization, analyst, manager):
    risk = factories.make_assessed_risk(organization)
    mitigation = factories.make_mitigation(risk)
    action = factories.make_action(mitigation)
    set_status(actor=None, mitigation=mitigation, to="in_progress")
    update_action(actor=None, instance=action, done=True)
    acceptance = factories.make_acceptance(analyst, risk)
    decide_acceptance(actor=manager, acceptance=acceptance, approve=True)
    told = sentences(risk, mitigation, action, acceptance)
    plan, step = "mitigation “M-0001 Offline backups”", "mitigation action “Buy tapes”"
    assert told[2:6] == [
        f"completed {step}",
        f"moved {plan} from Planned to In progress",
        f"added {step}",
        f"planned {plan}",
    ]
    assert told[1].startswith("requested an acceptance until ")
    assert told[0].startswith("approved acceptance ")
    assert told[0].endswith(" and moved the risk from Assessed to Accepted")


def test_new_matrix_says_which_level_changed(organization):
    risk = factories.make_risk(organization, inherent_likelihood=3, inherent_impact=4)
    Risk.objects.filter(pk=risk.pk).update(inherent_level="critical", current_level="critical")
    assert sentences(risk)[0] == ("now has another inherent level: Critical instead of Medium")


def test_old_comments_are_entries_of_their_own(risk, analyst):
    with recorded(actor=analyst):
        record_comment(lock_for_update(risk), "Asked the supplier")
    entry = history_of(risk)[0]
    assert (entry.is_comment, entry.sentence, entry.comment) == (
        True,
        "commented",
        "Asked the supplier",
    )


def test_deleted_account_and_the_system_are_told_apart(risk, analyst):
    update(actor=analyst, instance=risk, title="Flood")
    Change.objects.filter(actor=analyst).update(actor_id="018f0000-0000-7000-8000-000000000000")
    assert [entry.actor for entry in history_of(risk)] == ["A deleted account", "The system"]


def test_import_is_named_and_not_repeated_as_a_reason(organization, manager):
    run = preview_register(organization, "title\nFlood\n")
    apply_run(actor=manager, run=run)
    entry = history_of(Risk.objects.get())[-1]
    assert (entry.actor, entry.source, entry.comment) == (
        manager.email,
        f"by import of {run.file_name}",
        "",
    )


def test_actions_are_not_cut_by_a_page(organization):
    risk = factories.make_risk(organization)
    for number in range(20):
        with recorded(actor=None, at=datetime(2026, 1, 1, number, tzinfo=UTC)):
            update(actor=None, instance=risk, title=f"T{number}")
            for name in ("a", "b"):
                update_risk(actor=None, instance=risk, tags=[f"{name}{number}"])
    page = load_history({risk.pk: None})
    older = load_history({risk.pk: None}, page.older)
    assert older.older is None
    assert len(page.entries) + len(older.entries) == 21


def test_clauses_are_joined_and_the_rest_is_counted():
    assert [join_clauses(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_long_sentences_end_with_a_count(risk):
    fields = {"title": "A", "owner_name": "B", "external_id": "C", "treatment": "avoid"}
    update_risk(actor=None, instance=risk, tags=[], review_interval_days=3, **fields)
    assert sentences(risk)[0].endswith(" and 2 more changes")


def test_custom_fields_are_said_by_their_labels(risk, analyst, admin):
    organization = risk.organization
    factories.make_custom_field(organization)
    factories.make_custom_field(organization, "Sponsor", kind="person")
    factories.make_custom_field(organization, "Loss", kind="money", unit="EUR")
    values = {"region": "North", "sponsor": str(analyst.pk), "loss": 1200}
    update_risk(actor=admin, instance=risk, custom_fields=values)
    update_risk(actor=admin, instance=risk, custom_fields={"loss": None})
    assert sentences(risk)[:2] == [
        "cleared loss",
        f"set region to North, set sponsor to {analyst} and set loss to 1,200 EUR",
    ]
