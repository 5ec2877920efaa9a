"""What anyone can cause is one short line in the log."""

import logging

import pytest
from django.conf import settings

from openrisk.telemetry.logs import ClientFaults, HideInvitations


@pytest.fixture
def refused():
    """A record as Django makes it for a refused host."""
    try:
        raise ValueError
    except ValueError as error:
        return logging.LogRecord(
            "django.security.DisallowedHost", logging.ERROR, "", 0,
            "Invalid HTTP_HOST header: '%s'.", ("x" * 5000,), (ValueError, error, None),
        )  # fmt: skip


def test_a_refused_host_is_a_short_line_without_traceback(refused):
    assert ClientFaults().filter(refused)
    assert len(refused.getMessage()) < 250
    assert (refused.exc_info, refused.levelname) == (None, "WARNING")


def test_other_records_stay_as_they_are(refused):
    refused.name = "django.request"
    assert ClientFaults().filter(refused)
    assert refused.exc_info is not None
    assert len(refused.getMessage()) > 5000


def test_it_stands_before_the_log():
    filters = settings.LOGGING["handlers"]["stderr"]["filters"]
    assert filters == ["client_faults", "outages", "invitations"]


def test_refused_form_of_an_invitation_leaves_no_secret_in_the_log():
    """Django logs the address, and the invitation is still open."""
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 0,
        "%s: %s", ("Bad Request", "/invitation/Kw7lopYaiPqf/"), None,
    )  # fmt: skip
    assert HideInvitations().filter(record)
    assert record.getMessage() == "Bad Request: /invitation/.../"
