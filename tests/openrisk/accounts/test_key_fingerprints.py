"""Nodes with different keys: noticed at the start, unless one replaces the other."""

import pytest
from django.core.management import call_command

from openrisk.accounts import checks, key_fingerprints
from openrisk.accounts.models import KeyFingerprint
from openrisk.diagnosis import key_checks
from openrisk.diagnosis.check_result import CheckStatus

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def used(settings):
    """The database was used with these."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old" * 20, []
    settings.ENCRYPTION_KEYS = ["old" * 20]
    key_fingerprints.remember_keys()


def problems():
    return [error.msg for error in checks.check_keys(None, ["default"])]


def test_the_same_keys_are_fine():
    assert problems() == []
    assert key_checks.check_same_keys().status is CheckStatus.OK


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", "new" * 20), ("ENCRYPTION_KEYS", ["new" * 20])]
)
def test_another_key_is_refused_with_what_to_do(settings, name, value):
    setattr(settings, name, value)
    [error] = checks.check_keys(None, ["default"])
    assert error.msg.startswith(f"{name} is not the one that this database was used with")
    assert "keys_accept" in error.hint
    assert key_checks.check_same_keys().status is CheckStatus.FAILURE


def test_a_key_is_replaced_with_the_old_one_behind_it(settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, ["old" * 20]
    settings.ENCRYPTION_KEYS = ["new" * 20, "old" * 20]
    assert problems() == []
    key_fingerprints.remember_keys()
    settings.SECRET_KEY_FALLBACKS, settings.ENCRYPTION_KEYS = [], ["new" * 20]
    assert problems() == []  # and the old one is gone


def test_the_node_that_was_forgotten_is_found(settings):
    settings.ENCRYPTION_KEYS = ["new" * 20, "old" * 20]
    key_fingerprints.remember_keys()
    settings.ENCRYPTION_KEYS = ["old" * 20]
    assert len(problems()) == 1


def test_lost_keys_can_be_done_without(settings, capsys):
    settings.SECRET_KEY = "new" * 20
    call_command("keys_accept")
    assert "1 of the keys differed" in capsys.readouterr().out
    assert problems() == []


def test_no_key_is_in_the_database(settings):
    stored = str(list(KeyFingerprint.objects.values()))
    assert "old" not in stored
    assert len(KeyFingerprint.objects.values_list("fingerprint").distinct()) == 2


def test_checks_that_ask_no_database_ask_none(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert checks.check_keys(None) == []
