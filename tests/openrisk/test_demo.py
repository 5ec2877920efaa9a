"""The demo is created once, its secrets are private, and it says when they no longer hold."""

import stat
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.utils import timezone
from knox.crypto import hash_token
from pytest_django import Settings

from openrisk import demo
from openrisk.accounts.models import ApiToken, Membership, Role, User


@pytest.fixture(autouse=True)
def seed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings) -> Mock:
    """Stands in for `seed_demo`, which has tests of its own."""
    settings.VAR_DIR = tmp_path
    settings.PORT = 8000
    seed = Mock()
    monkeypatch.setattr(demo, "call_command", seed)
    return seed


@pytest.fixture
def created(db: None) -> demo.Demo:
    return demo.create_demo()


def test_the_account_is_a_superuser_and_administrator(created: demo.Demo) -> None:
    membership = Membership.objects.get(user__email=demo.EMAIL, organization__slug="demo")
    assert membership.user.is_superuser
    assert membership.role == Role.ADMIN


def test_password_and_token_are_true(created: demo.Demo) -> None:
    assert User.objects.get(email=demo.EMAIL).check_password(created.password)
    assert ApiToken.objects.get().digest == hash_token(created.token)
    assert demo.find_outdated(created) == []


def test_the_file_is_private(created: demo.Demo) -> None:
    assert stat.S_IMODE(demo.credentials_file().stat().st_mode) == 0o600
    assert demo.read_demo() == created


def test_the_second_time_changes_nothing(created: demo.Demo, seed: Mock) -> None:
    assert demo.create_demo() == created
    assert ApiToken.objects.count() == 1
    seed.assert_called_once_with("seed_demo", risks=49, organizations=1, seed=1)


def test_another_port_changes_only_the_url(created: demo.Demo, settings: Settings) -> None:
    settings.PORT = 9000
    again = demo.create_demo()
    assert again.url == "http://127.0.0.1:9000/"
    assert again.password == created.password


def test_a_new_database_gets_a_new_demo(created: demo.Demo) -> None:
    User.objects.all().delete()
    again = demo.create_demo()
    assert again.password != created.password
    assert demo.find_outdated(again) == []


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"url": 1'])
def test_a_lost_file_is_said_and_the_password_kept(created: demo.Demo, content: str | None) -> None:
    demo.credentials_file().unlink()
    if content is not None:
        demo.credentials_file().write_text(content)
    with pytest.raises(demo.DemoLost, match="changepassword"):
        demo.create_demo()
    assert User.objects.get(email=demo.EMAIL).check_password(created.password)


def test_a_changed_password_is_said(created: demo.Demo) -> None:
    user = User.objects.get(email=demo.EMAIL)
    user.set_password("something else entirely")
    user.save()
    assert "password was changed" in demo.find_outdated(created)[0]


def test_a_revoked_token_is_said(created: demo.Demo) -> None:
    ApiToken.objects.all().delete()
    assert "revoked" in demo.find_outdated(created)[0]


def test_an_expired_token_is_said(created: demo.Demo) -> None:
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert "expired" in demo.find_outdated(created)[0]


def test_an_account_switched_off_is_said(created: demo.Demo) -> None:
    User.objects.update(is_active=False)
    assert "switched off" in demo.find_outdated(created)[0]


@pytest.mark.django_db
def test_the_command_prints_how_to_log_in(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo_create")
    printed = capsys.readouterr().out
    created = demo.read_demo()
    assert all(part in printed for part in (created.url, created.email, created.password))
    assert created.token in printed
