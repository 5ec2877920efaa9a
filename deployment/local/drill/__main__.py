"""Cause one fault and time its alert: `python -m deployment.local.drill FAULT`.

The stack is started from the shipped files with all durations divided by 60, or by less where the
machine is slow, on ports of its own.
The exit code is 0 if the alert reached its channel, and was taken back when the fault was over.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from deployment.local.calibration import describe, slowness
from deployment.local.drill.faults import FAULTS, Fault
from deployment.local.files import fitting_speed
from deployment.local.processes import NotStarted
from deployment.local.programs import ProgramsMissing
from deployment.local.servers import ServerUnavailable
from deployment.local.slack import Slack
from deployment.local.stack import Stack, running
from deployment.local.waiting import WaitedInVain

MINUTES = 20  # of rules, until an alert must be told


def main(arguments: list[str]) -> int:
    faults = "\n".join(f"  {fault.name:<14} {fault.words}" for fault in FAULTS.values())
    parser = argparse.ArgumentParser(
        prog="python -m deployment.local.drill",
        description="Cause a fault and time how long its alert takes.",
        epilog=f"faults:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("fault", choices=[*FAULTS, "all"], metavar="FAULT")
    chosen = parser.parse_args(arguments).fault
    faster = fitting_speed()
    print(f"This machine is {describe(slowness())}: durations are divided by {faster}.", flush=True)
    slack = Slack()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="openrisk-drill-") as folder,
            running(Path(folder), faster=faster, channel_url=slack.url) as stack,
        ):
            named = FAULTS.values() if chosen == "all" else [FAULTS[chosen]]
            outcomes = [_drill(fault, stack, slack) for fault in named]
    except (ProgramsMissing, ServerUnavailable, NotStarted) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        slack.close()
    return 0 if all(outcomes) else 3


def _drill(fault: Fault, stack: Stack, slack: Slack) -> bool:
    began = time.monotonic()
    try:
        with fault.begin(stack):
            firing = slack.wait_for(fault.alert, "firing", since=began, seconds=MINUTES)
        mended = time.monotonic()
        over = slack.wait_for(fault.alert, "resolved", since=mended, seconds=MINUTES)
    except WaitedInVain as reason:
        print(f"{fault.name} ({fault.words}): {reason}", flush=True)
        return False
    print(
        f"{fault.name} ({fault.words}): {fault.alert} on {firing.channel} after "
        f"{firing.at - began:.1f} s, resolved {over.at - mended:.1f} s after it.",
        flush=True,
    )
    return True


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
