"""Programs that run until a block ends."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from deployment.local.calibration import patience
from deployment.local.files import ROOT
from openrisk.server.supervisor import die_with_parent

START_SECONDS = patience(60)
STOP_SECONDS = patience(20)


class NotStarted(Exception):
    """A program did not answer in time; the message holds the end of its log."""


@contextmanager
def process(
    folder: Path, name: str, command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program whose output goes to `<name>.log` in the folder; asked to end, then killed."""
    with (folder / f"{name}.log").open("ab") as log:
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509  main thread
        )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def wait_for(folder: Path, name: str, running: subprocess.Popen[bytes], url: str) -> None:
    """Until the address answers with 200. Raises NotStarted."""
    deadline, last = time.monotonic() + START_SECONDS, "nothing"
    while time.monotonic() < deadline and running.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=patience(2)) as answer:  # noqa: S310
                if answer.status == 200:
                    return
                last = str(answer.status)
        except OSError as error:  # also for an answer that is not a success
            last = str(error)
        time.sleep(0.1)
    end = (folder / f"{name}.log").read_text(errors="replace")[-2000:]
    raise NotStarted(
        f"Waited {START_SECONDS:.0f} s for {name} at {url}. Last answer: {last}. Its log:\n{end}"
    )
