"""A setting that cannot be right stops the start with one sentence that says what to do."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from openrisk import env

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-that-is-long-enough-to-be-one-of-ours"

# The environment, and the part of the sentence that says what to do.
WRONG: dict[str, tuple[dict[str, str], str]] = {
    # --- Place and security
    "a folder that cannot be made": ({"VAR_DIR": "/dev/null/var"}, "name a folder"),
    "half a flag": ({"DEBUG": "tru"}, "write 1 or 0"),
    "a key of one character": ({"SECRET_KEY": "x"}, "write at least 32 random ones"),
    "a key's file that is missing": ({"SECRET_KEY_FILE": "/nowhere"}, "name a readable file"),
    "a key's file that is empty": ({"SECRET_KEY_FILE": "/dev/null"}, "write the value into it"),
    "a key's file without a name": ({"SECRET_KEY_FILE": ""}, "name a readable file"),
    "a folder in the place of a file": ({"ALERTS_TOKEN_FILE": "/"}, "name a readable file"),
    "a key and its file": (
        {"SECRET_KEY": KEY, "SECRET_KEY_FILE": "/dev/null"},
        "remove one of them",
    ),
    "a host with its scheme": ({"ALLOWED_HOSTS": "https://risk.example.org"}, "without scheme"),
    "a host with its port": ({"ALLOWED_HOSTS": "risk.example.org:443"}, "without scheme, port"),
    "every host": ({"ALLOWED_HOSTS": "*"}, "write a name such as risk.example.org"),
    "an origin without its scheme": (
        {"CSRF_TRUSTED_ORIGINS": "risk.example.org"},
        "write scheme and host",
    ),
    "a site without its scheme": ({"SITE_URL": "risk.example.org"}, "write scheme, host and port"),
    "a site with a path": ({"SITE_URL": "https://risk.example.org/x"}, "write scheme, host"),
    "a site with a port of its own": (
        {"SITE_URL": "https://risk.example.org:99999"},
        "write scheme",
    ),
    "any site": ({"SITE_URL": "https://*.example.org"}, "write scheme, host and port"),
    "a proxy by its name": ({"TRUSTED_PROXIES": "proxy.local"}, "write an address such as"),
    # --- Database
    "no database in production": ({"POOL_PROFILE": "prod"}, "write postgresql://"),
    "an unknown profile": ({"POOL_PROFILE": "production"}, "write dev or staging or prod"),
    "no address of a database": ({"DATABASE_URL": "hello"}, "write postgresql://"),
    "a database of another kind": ({"DATABASE_URL": "mysql://u:p@h/n"}, "write postgresql://"),
    "a database without its name": ({"DATABASE_URL": "postgresql://host"}, "write postgresql://"),
    "a database's port": ({"DATABASE_URL": "postgresql://h:port/n"}, "write postgresql://"),
    "a parameter that libpq does not know": (
        {"DATABASE_URL": "postgresql://h/n?sslmod=require"},
        'only parameters of libpq (invalid URI query parameter: "sslmod")',
    ),
    "a value that libpq does not know": (
        {"DATABASE_URL": "postgresql://h/n?sslmode=requrie"},
        'only parameters of libpq (invalid sslmode value: "requrie")',
    ),
    "parameters of SQLite": ({"DATABASE_URL": "sqlite:////tmp/x?mode=ro"}, "sqlite:////path"),
    "a database's file that is missing": (
        {"DATABASE_URL_FILE": "/nowhere"},
        "name a readable file",
    ),
    "a database's file that is empty": (
        {"DATABASE_URL_FILE": "/dev/null"},
        "write the value into it",
    ),
    "a direct address of another kind": ({"DATABASE_DIRECT_URL": "http://h"}, "write an address"),
    "a direct address with an unknown parameter": (
        {"DATABASE_DIRECT_URL": "postgresql://h/n?ssl=1"},
        "only parameters of libpq",
    ),
    "a pool that may be": ({"DATABASE_POOL": "maybe"}, "write 1 or 0"),
    "a budget in words": ({"DATABASE_BUDGET": "ten"}, "write one from 1 to 10000"),
    # --- Cache
    "a cache server of another kind": (
        {"REDIS_URL": "http://host"},
        "write redis://:password@host:6379/0",
    ),
    "a cache server by Sentinel": (
        {"REDIS_URL": "redis+sentinel://a:26379,b:26379/main"},
        "Sentinel and Cluster are not supported",
    ),
    "a cache without its server": ({"CACHE_BACKEND": "redis"}, "or CACHE_BACKEND=memory"),
    "an unknown cache": ({"CACHE_BACKEND": "memcached"}, "write redis, memory, none"),
    "a cache that cannot be imported": (
        {"CACHE_BACKEND": "nowhere.Backend"},
        "install it or correct the path",
    ),
    "an unknown consistency": ({"CACHE_CONSISTENCY": "eventual"}, "write strict or push"),
    "a time to live of nothing": ({"CACHE_TTL_RISKS": "0"}, "write one from 1 to 86400"),
    # --- Mail, marketplace
    "no address of a mail server": ({"EMAIL_URL": "nonsense"}, "write smtp+tls://"),
    "a mail server's file that is missing": ({"EMAIL_URL_FILE": "/nowhere"}, "set EMAIL_URL"),
    "a sender without an address": (
        {"DEFAULT_FROM_EMAIL": "OpenRisk"},
        "write openrisk@example.org",
    ),
    "a short key of secrets": ({"ENCRYPTION_KEY": "x"}, "write at least 32 random ones"),
    "a short key that is in use": ({"SECRET_KEY": "x" * 31}, "into SECRET_KEY_FALLBACKS"),
    "a short key that secrets need": ({"ENCRYPTION_KEY": "x" * 31}, "behind the new one"),
    "a short first key of secrets": ({"ENCRYPTION_KEYS": f"x,{KEY}"}, "write at least 32"),
    "a network that is none": ({"MARKETPLACE_ALLOWED_NETWORKS": "10.0.0.0/99"}, "10.0.0.0/8"),
    # --- Server
    "a port beyond the last": ({"PORT": "99999"}, "write one from 1 to 65535"),
    "no processes": ({"WORKERS": "0"}, "write one from 1 to 64"),
    "threads without number": ({"THREADS": "many"}, "write one from 1 to 128"),
    "an unknown format of the log": ({"LOG_FORMAT": "xml"}, "write logfmt or json"),
    "an unknown level of the log": ({"LOG_LEVEL": "loud"}, "write info or debug or warning"),
    "a drain of an hour": ({"DRAIN_SECONDS": "3600"}, "write one from 0 to 300"),
    "a short token of alerts": ({"ALERTS_TOKEN": "x"}, "write at least 16 random ones"),
    "an organization by its title": (
        {"METRICS_ORGANIZATIONS": "Acme Inc."},
        "write small letters",
    ),
    "a collector of another kind": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "grpc://host:4317"},
        "such as http://127.0.0.1:4318",
    ),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """None of the settings is given, but for a folder."""
    for name in env.known:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setattr(env.source.ENVIRON, "files_cache", {})
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    return monkeypatch


def read_settings() -> None:
    """As Django would, without changing those of this process."""
    runpy.run_path(str(ROOT / "openrisk/settings.py"))


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "openrisk.settings"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings_without_a_mistake_are_read(environment: pytest.MonkeyPatch) -> None:
    read_settings()
    assert len(WRONG) >= 40


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_told_in_one_sentence(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    given, advice = WRONG[name]
    for setting, value in given.items():
        environment.setenv(setting, value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_settings()
    sentence = str(refusal.value)
    assert advice in sentence
    assert next(iter(given)) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY"])
def test_no_sentence_shows_a_password(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv(name, "postgresql://u:hidden@[::1/x")
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_settings()
    assert "hidden" not in str(refusal.value)


def test_a_command_ends_with_the_sentence_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TRUSTED_PROXIES", "proxy.local")
    done = manage("check")
    assert done.returncode == 1
    assert done.stderr.startswith("Configuration: TRUSTED_PROXIES: 'proxy.local' is not a network")
    assert len(done.stderr.splitlines()) == 1


def test_a_misspelt_name_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("POOL_PROFILE", "prod")
    environment.setenv("DATABSE_URL", "postgresql://h/n")
    with pytest.raises(ImproperlyConfigured, match="there is DATABSE_URL: misspelt"):
        read_settings()
    assert env.misspelt()["DATABSE_URL"] == "DATABASE_URL"
    assert "PATH" not in env.misspelt()


# --- What stands behind the ? of DATABASE_URL --------------------------------------------------
def options(url: str) -> dict[str, str]:
    os.environ["DATABASE_URL"] = url
    return runpy.run_path(str(ROOT / "openrisk/settings.py"))["DATABASES"]["default"]


def test_parameters_of_the_address_reach_the_server(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "")
    found = options(
        "postgresql://u:p%40@a:1,b:2/n?sslmode=verify-full&sslrootcert=/nope"
        "&target_session_attrs=read-write&connect_timeout=9&options=-c%20work_mem%3D8MB"
    )
    assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("a,b", "1,2", "p@")
    given = found["OPTIONS"]
    assert (given["sslmode"], given["sslrootcert"]) == ("verify-full", "/nope")
    assert (given["target_session_attrs"], given["connect_timeout"]) == ("read-write", "9")
    assert given["options"].endswith("-c work_mem=8MB")
    assert "random_page_cost" in given["options"]


@pytest.mark.parametrize(
    "url", ["postgresql://u@%2Fvar%2Frun/n", "postgresql:///n?host=/var/run&user=u"]
)
def test_the_host_may_be_a_socket(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("DATABASE_URL", "")
    found = options(url)
    assert (found["HOST"], found["USER"], found["NAME"]) == ("/var/run", "u", "n")


@pytest.mark.postgres
@pytest.mark.django_db
def test_who_asks_for_tls_has_none_without_it(environment: pytest.MonkeyPatch) -> None:
    """The tests' server has none. What stands behind the ? was dropped once, in silence."""
    url = os.environ["TEST_DATABASE_URL"]
    environment.setenv("DATABASE_URL", f"{url}?sslmode=verify-full&sslrootcert=/nope")
    done = manage("migrate", "--skip-checks")
    assert done.returncode == 1
    assert "does not support SSL, but SSL was required" in done.stderr
    assert len(done.stderr.splitlines()) == 1
