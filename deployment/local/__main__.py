"""Runs the stack until Ctrl-C: `python -m deployment.local`.

OpenRisk on http://127.0.0.1:8000, Prometheus on 9090, Alertmanager on 9093, its messages on stdout.
"""

import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from deployment.local.processes import NotStarted
from deployment.local.programs import ProgramsMissing
from deployment.local.servers import ServerUnavailable
from deployment.local.slack import Slack
from deployment.local.stack import running


def main() -> int:
    slack = Slack()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="openrisk-stack-") as folder,
            running(Path(folder), faster=1, channel_url=slack.url, fixed_ports=True),
            suppress(KeyboardInterrupt),
        ):
            print((Path(folder) / "openrisk.log").read_text().split("timestamp=")[0].strip())
            print("Prometheus http://127.0.0.1:9090, Alertmanager http://127.0.0.1:9093.")
            print("There is no Grafana: its panels are in deployment/monitoring/grafana.")
            print("What Slack would be told stands here. Ctrl-C ends it all.", flush=True)
            _tell(slack)
    except (ProgramsMissing, ServerUnavailable, NotStarted) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        slack.close()
    return 0


def _tell(slack: Slack) -> None:
    printed = 0
    while True:
        for message in slack.messages[printed:]:
            print(f"{time.strftime('%H:%M:%S')} {message.channel} {message.title}")
            print(f"         {message.text.strip()}", flush=True)
            printed += 1
        time.sleep(0.5)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
