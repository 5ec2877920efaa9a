"""The stack of the live drill: started once, from the shipped files, up to sixty times as fast."""

from collections.abc import Iterator

import pytest

from deployment.local.files import fitting_speed
from deployment.local.programs import ProgramsMissing
from deployment.local.slack import Slack
from deployment.local.stack import Stack, running

FASTER = fitting_speed()


@pytest.fixture(scope="session")
def slack() -> Iterator[Slack]:
    slack = Slack()
    yield slack
    slack.close()


@pytest.fixture(scope="session")
def stack(slack: Slack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    try:
        with running(folder, faster=FASTER, channel_url=slack.url) as stack:
            yield stack
    except ProgramsMissing as missing:
        pytest.skip(str(missing))
