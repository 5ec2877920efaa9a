"""The history of accounts is kept for two years."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from openrisk.accounts import history, retention
from openrisk.accounts.models import AccountEvent
from openrisk.accounts.tasks import prune_events


@pytest.fixture
def events(viewer):
    AccountEvent.objects.forget_before(timezone.now() + timedelta(days=1))
    for age in (timedelta(days=1), retention.EVENTS_KEPT_FOR + timedelta(days=1)):
        history.record_event(history.Kind.SIGNED_IN, person=viewer)
        event = AccountEvent.objects.latest("id")
        AccountEvent._base_manager.filter(pk=event.pk).update(at=timezone.now() - age)


def test_a_task_deletes_what_is_older(events):
    assert (prune_events.call(), AccountEvent.objects.count()) == (1, 1)


def test_a_command_deletes_what_is_older(events):
    output = StringIO()
    call_command("account_events_prune", stdout=output)
    assert output.getvalue() == "1 events were deleted.\n"


def test_a_role_that_may_not_delete_leaves_it_to_the_owner(events, monkeypatch):
    monkeypatch.setattr(retention, "can_delete_events", lambda: False)
    assert (retention.delete_old_events(), AccountEvent.objects.count()) == (0, 2)
    monkeypatch.setattr(
        "openrisk.accounts.management.commands.account_events_prune.can_delete_events",
        lambda: False,
    )
    with pytest.raises(CommandError, match="owner"):
        call_command("account_events_prune")
