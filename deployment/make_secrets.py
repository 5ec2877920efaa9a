"""Writes what the compose files mount into deployment/secrets/; what is there already stays.

    python deployment/make_secrets.py [--slack-webhook-url URL] [--rotate NAME]

The folder is closed to other users of the machine; the files are readable, because the users in the
containers have other numbers. Keep a copy: encryption_key opens the secrets of connectors.
"""

import argparse
import json
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"
# No one listens there: alerts then stand on /monitoring/ alone, and NotificationsFailing says so.
NO_SLACK = "http://127.0.0.1:9/no-slack-webhook-url-was-given"

PASSWORDS = (
    "postgres_password",
    "openrisk_owner_database_password",
    "openrisk_database_password",
    "monitoring_database_password",
    "redis_password",
    "secret_key",
    "encryption_key",
    "alerts_token",
    "grafana_password",
)
MADE_OF = {
    "database_url": "openrisk_database_password",
    "owner_database_url": "openrisk_owner_database_password",
    "redis_url": "redis_password",
    "redis_auth.conf": "redis_password",
    "redis_exporter.json": "redis_password",
}
# No one else has to be told of these; docs/operations.md says how to replace the others.
ROTATED_ALONE = ("redis_password", "alerts_token")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slack-webhook-url", metavar="URL", help="where Slack takes messages")
    parser.add_argument("--rotate", choices=ROTATED_ALONE, help="replace this one")
    given = parser.parse_args(arguments)
    slack, rotate = given.slack_webhook_url, given.rotate
    if slack and not slack.startswith(("https://", "http://")):
        print(
            f"{slack!r} is not an address: copy the one of Slack's incoming webhook.",
            file=sys.stderr,
        )
        return 2
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    if rotate:
        (FOLDER / rotate).unlink(missing_ok=True)
    if slack:
        (FOLDER / "slack_webhook_url").unlink(missing_ok=True)
    written = write(slack or NO_SLACK)
    print(f"{len(written)} files written to {FOLDER}: {', '.join(written) or 'all were there'}.")
    if rotate:
        print(f"Start again what uses {rotate}: docker compose -p openrisk up -d --force-recreate.")
    if (FOLDER / "slack_webhook_url").read_text() == NO_SLACK:
        print("Slack gets no messages: give SLACK_WEBHOOK_URL=https://... to change that.")
    return 0


def write(slack: str) -> list[str]:
    """The names of the files that were missing, and of those made of a password that was."""
    replaced = {name for name in PASSWORDS if not (FOLDER / name).exists()}
    passwords = {name: _read_or_create(name) for name in PASSWORDS}
    database, redis = passwords["openrisk_database_password"], passwords["redis_password"]
    owner = passwords["openrisk_owner_database_password"]
    contents = passwords | {
        "database_url": f"postgresql://openrisk:{database}@postgres:5432/openrisk",
        "owner_database_url": f"postgresql://openrisk_owner:{owner}@postgres:5432/openrisk",
        "redis_url": f"redis://:{redis}@redis:6379/0",
        "redis_auth.conf": f"requirepass {redis}\n",
        "redis_exporter.json": json.dumps({"redis://redis:6379": redis}),
        "slack_webhook_url": slack,
    }
    missing = [
        name for name in contents if not (FOLDER / name).exists() or MADE_OF.get(name) in replaced
    ]
    for name in missing:
        (FOLDER / name).unlink(missing_ok=True)
        (FOLDER / name).write_text(contents[name])
        (FOLDER / name).chmod(0o444)
    return missing


def _read_or_create(name: str) -> str:
    """Return the secret that is there, or a new one that needs no quoting anywhere."""
    path = FOLDER / name
    return path.read_text() if path.exists() else secrets.token_hex(32)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
