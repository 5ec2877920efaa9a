"""The shipped files, with the addresses of this machine, and shorter durations."""

import re
from dataclasses import dataclass
from pathlib import Path

from deployment.local.calibration import slowness

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deployment/monitoring"
SECRETS = "/etc/alertmanager/secrets"
FASTEST = 60
SLOWEST_SCRAPE = 500  # milliseconds: exporters need some time to answer

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_BEFORE = (
    r"\[",
    "offset ",
    "for: ",
    "evaluation_interval: ",
    "group_wait: ",
    "group_interval: ",
    "repeat_interval: ",
    "resolve_timeout: ",
)
_DURATION = re.compile(rf"(?:{'|'.join(f'(?<={before})' for before in _BEFORE)})\d+[a-z]+\b")
_SCRAPE = re.compile(r"(?<=scrape_interval: )\d+[a-z]+")


@dataclass(frozen=True)
class Addresses:
    """Ports on loopback, by the names that the services have in the compose files."""

    ports: dict[str, int]

    def put(self, text: str) -> str:
        for name, port in self.ports.items():
            text = text.replace(name, f"127.0.0.1:{port}")
        return text


def fitting_speed() -> int:
    """By how much a drill may divide durations: by 60, or less on a slow machine.

    All are divided alike, so that what a rule waits for keeps its meaning beside the others; only
    the time in which programs answer does not shrink with them.
    """
    return max(2, round(FASTEST / slowness()))


def write(folder: Path, addresses: Addresses, *, faster: int, channel_url: str) -> None:
    """Everything that Prometheus, Alertmanager and the exporters read.

    Durations of rules and routes are divided by `faster`; `channel_url` takes the place of Slack.
    """
    for path in MONITORING.glob("*.*"):
        (folder / path.name).write_text(path.read_text())
    for name in ("prometheus.yml", "alerts.yml", "recording_rules.yml", "alertmanager.yml"):
        text = addresses.put((folder / name).read_text())
        (folder / name).write_text(shortened(text, faster).replace(SECRETS, str(folder)))
    (folder / "slack_webhook_url").write_text(channel_url)


def shortened(text: str, faster: int) -> str:
    """Durations of rules and routes divided; of scrapes, no further than exporters bear."""
    if faster == 1:
        return text
    text = _DURATION.sub(lambda match: _divided(match[0], faster, 0), text)
    return _SCRAPE.sub(lambda match: _divided(match[0], faster, SLOWEST_SCRAPE), text)


def _divided(duration: str, faster: int, least: int) -> str:
    number, unit = re.fullmatch(r"(\d+)([a-z]+)", duration).groups()
    return f"{max(int(number) * _UNITS[unit] // faster, least)}ms"
