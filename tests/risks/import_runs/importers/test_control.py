"""Frameworks and controls: created, changed, undone."""

import pytest

from risks.import_runs import lifecycle, undo
from risks.import_runs.changes import SourceRecord
from risks.import_runs.importers.control import control_identity
from risks.import_runs.undo import EditedSince
from risks.models import Control, Framework

FRAMEWORK = SourceRecord("risks.framework", "Baseline 1", 1, {"name": "Baseline", "edition": "1"})


def control(identifier, row=2, parent="", title="Policy"):
    values = {"framework": "Baseline 1", "identifier": identifier, "title": title, "text": ""}
    identity = control_identity("Baseline 1", identifier)
    return SourceRecord("risks.control", identity, row, values | {"parent": parent})


def test_controls_come_with_their_framework_and_parents(run):
    run(FRAMEWORK, control("AC-2"), control("AC-2(1)", 3, parent="AC-2"))
    assert Framework.objects.get().edition == "1"
    assert Control.objects.get(identifier="AC-2(1)").parent.identifier == "AC-2"


def test_a_control_with_an_unknown_parent_is_refused(run):
    with pytest.raises(lifecycle.RowsInError, match="1 error") as refusal:
        run(FRAMEWORK, control("AC-2(1)", parent="AC-2"))
    assert "Its parent AC-2 is not in the framework." in str(refusal.value.details)


def test_a_new_text_does_not_change_the_status_of_a_control(run):
    run(FRAMEWORK, control("AC-2"))
    Control.objects.update(status="implemented")
    run(FRAMEWORK, control("AC-2", title="Accounts"))
    assert Control.objects.values("title", "status").get() == {
        "title": "Accounts",
        "status": "implemented",
    }


def test_controls_are_deleted_by_an_undo_unless_they_were_edited(run, manager):
    done = run(FRAMEWORK, control("AC-2"))
    Control.objects.update(status="in_progress")
    with pytest.raises(EditedSince):
        undo.undo_run(actor=manager, run=done)
    Control.objects.update(status="not_implemented")
    undo.undo_run(actor=manager, run=done)
    assert not Framework.objects.exists()
