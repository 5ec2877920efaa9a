"""Typed reads of the environment: what cannot be understood stops the start with a sentence."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from openrisk import env
from openrisk.database import addresses

NAME = "OPENRISK_TEST_VALUE"


@pytest.fixture
def given(monkeypatch):
    """Sets the variable; without it, the variable is absent."""
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.setattr(env.source.ENVIRON, "files_cache", {})
    return lambda value, suffix="": monkeypatch.setenv(NAME + suffix, str(value))


# --- Text and files ---------------------------------------------------------------------------
def test_absent_text_is_the_default(given):
    assert env.text(NAME) == ""
    assert env.text(NAME, "other") == "other"


@pytest.mark.parametrize("value", ["plain", "$HOME", "$nothing", "a=b#c", "{}", "\\$x"])
def test_text_is_taken_as_it_stands(given, value):
    given(value)
    assert env.text(NAME, "default") == value


def test_value_may_stand_in_a_file(given, tmp_path):
    file = tmp_path / "value"
    file.write_text("from a file\n")
    given(file, "_FILE")
    assert env.text(NAME) == "from a file"


def test_file_that_cannot_be_read_is_named(given, tmp_path):
    given(tmp_path / "absent", "_FILE")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE cannot be read .*absent"):
        env.text(NAME)


# --- Words, flags, numbers, choices -----------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "expected"), [("a", ["a"]), (" a , b,,c ", ["a", "b", "c"]), ("", ["default"])]
)
def test_words(given, value, expected):
    given(value)
    assert env.words(NAME, ["default"]) == expected


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "Yes", "on", " 1 "])
def test_flag_that_is_up(given, value):
    given(value)
    assert env.flag(NAME) is True


@pytest.mark.parametrize("value", ["0", "false", "No", "OFF", ""])
def test_flag_that_is_down(given, value):
    given(value)
    assert env.flag(NAME, default=True) is False


def test_absent_flag_is_the_default(given):
    assert env.flag(NAME) is False
    assert env.flag(NAME, default=True) is True


@pytest.mark.parametrize("value", ["maybe", "2", "tru", "-", "enabled"])
def test_flag_that_is_neither_stops(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}='{value}' is neither true nor false"):
        env.flag(NAME)


@pytest.mark.parametrize(("value", "expected"), [("1", 1), (" 42 ", 42), ("65535", 65535)])
def test_integer(given, value, expected):
    given(value)
    assert env.integer(NAME, 7) == expected


def test_absent_integer_is_the_default(given):
    assert env.integer(NAME, 7) == 7


@pytest.mark.parametrize("value", ["", "ten", "1.5", "1e3", "0x10"])
def test_no_integer_stops(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}='{value}' is not a whole number"):
        env.integer(NAME, 7)


@pytest.mark.parametrize("value", ["0", "-1", "65536"])
def test_integer_out_of_range_stops(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match="out of range: write one from 1 to 65535"):
        env.integer(NAME, 7)


def test_choice_is_one_of_the_options_and_the_first_by_default(given):
    assert env.choice(NAME, ("dev", "prod")) == "dev"
    given("prod")
    assert env.choice(NAME, ("dev", "prod")) == "prod"
    given("production")
    with pytest.raises(ImproperlyConfigured, match="is unknown: write dev or prod"):
        env.choice(NAME, ("dev", "prod"))


# --- Secrets ----------------------------------------------------------------------------------
def test_secret_is_made_once_and_readable_by_its_owner_only(given, tmp_path):
    file = tmp_path / "var" / "secret_key"
    secret = env.secret(NAME, file)
    assert len(secret) >= 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert env.secret(NAME, file) == secret


def test_secrets_differ(given, tmp_path):
    assert env.secret(NAME, tmp_path / "one") != env.secret(NAME, tmp_path / "two")


def test_given_secret_is_not_written_down(given, tmp_path):
    given("$given by the operator, who made it")
    assert env.secret(NAME, tmp_path / "secret_key") == "$given by the operator, who made it"
    assert list(tmp_path.iterdir()) == []


def test_secret_that_can_be_kept_nowhere_stops(given, tmp_path):
    (tmp_path / "var").write_text("no folder")
    with pytest.raises(ImproperlyConfigured, match=f"make it readable .* or set {NAME}"):
        env.secret(NAME, tmp_path / "var" / "secret_key")


def test_starts_at_the_same_moment_agree_on_one_secret(given, tmp_path):
    file = tmp_path / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: env._generate_secret(file), range(8)))
    assert secrets == {file.read_text()}
    assert list(tmp_path.iterdir()) == [file]


def test_draft_that_a_killed_start_left_does_not_matter(given, tmp_path, monkeypatch):
    monkeypatch.setattr("os.getpid", lambda: 1)  # as in every container
    (tmp_path / ".secret_key.1").write_text("half a sec")
    assert env.secret(NAME, tmp_path / "secret_key") != "half a sec"


# --- Addresses --------------------------------------------------------------------------------
def test_an_address_has_one_of_the_schemes(given):
    given("https://traces.example.org")
    assert env.address(NAME, ("http", "https"), "http://a") == "https://traces.example.org"


def test_another_one_is_refused_without_showing_what_it_holds(given):
    given("mysql://somebody:secret@host/name")
    with pytest.raises(ImproperlyConfigured, match="such as postgresql://host") as refusal:
        env.address(NAME, ("postgresql",), "postgresql://host")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "value", ["http://", "http:///path", "http://host:port", "http://host:70000", "http://[::1"]
)
def test_an_address_says_where_to(given, value):
    given(value)
    with pytest.raises(ImproperlyConfigured, match="write an address such as"):
        env.address(NAME, ("http",), "http://127.0.0.1:4318")


def test_the_host_of_a_database_may_be_a_socket(given):
    given("postgresql:///name?host=/run/postgresql")
    assert env.address(NAME, ("postgresql",), "") == "postgresql:///name?host=/run/postgresql"


@pytest.mark.parametrize(
    "url", ["postgresql//x", "hello", "postgresql://host", "postgresql://u:p@host:port/x", "my://x"]
)
def test_a_malformed_database_stops_with_a_sentence_alone(monkeypatch, recwarn, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL cannot be used: write postgresql"):
        addresses.database_settings("DATABASE_URL", "sqlite:///unused", needed=False)
    assert list(recwarn) == []


@pytest.mark.parametrize("url", ["hello", "redis//host", "http://host", "redis://host:port/0"])
def test_a_malformed_cache_server_stops(url):
    assert env.response_cache("redis", "redis://:secret@host:6379/0")
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL cannot be used: write redis://"):
        env.response_cache("redis", url)


def test_a_malformed_mail_server_stops(monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "nonsense")
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL cannot be used: write smtp"):
        env.email("EMAIL_URL", "consolemail://")


# --- Folders ----------------------------------------------------------------------------------
def test_a_folder_is_made_for_its_owner_alone(given, tmp_path):
    given(tmp_path / "one" / "two")
    assert stat.S_IMODE(env.folder(NAME, tmp_path).stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    given(tmp_path / "file" / "three")
    with pytest.raises(ImproperlyConfigured, match=r"cannot be made .*name a folder"):
        env.folder(NAME, tmp_path)
