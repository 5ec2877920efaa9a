import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from openrisk.tasks import queue
from tests.openrisk.tasks import samples
from tests.openrisk.tasks.conftest import claim

pytestmark = pytest.mark.django_db


def listed(*arguments: str) -> str:
    output = StringIO()
    call_command("tasks_list", *arguments, stdout=output)
    return output.getvalue()


def rows(*arguments: str) -> list[dict[str, Any]]:
    return json.loads(listed("--format", "json", *arguments))


@pytest.fixture(autouse=True)
def _one_of_each() -> None:
    samples.fail.enqueue("no such host")
    queue.run_claimed(claim())
    samples.double.enqueue(1)
    queue.run_claimed(claim())
    samples.succeed_at.enqueue(2)


def test_unfinished_and_failed_tasks_are_listed_newest_first() -> None:
    assert [row["status"] for row in rows()] == ["ready", "failed"]


def test_failure_shows_attempts_error_and_traceback() -> None:
    (failure,) = rows("--status", "failed")
    assert (failure["attempts"], failure["error"]) == (1, "ValueError: no such host")
    assert failure["traceback"].startswith("Traceback")


def test_successful_tasks_are_listed_on_request() -> None:
    (success,) = rows("--status", "successful")
    assert success["task"] == "tests.openrisk.tasks.samples.double"


def test_text_shows_the_error_below_its_task() -> None:
    lines = listed().splitlines()
    assert "failed" in lines[1]
    assert lines[2].strip() == "ValueError: no such host"


def test_limit_cuts_the_list() -> None:
    assert len(rows("--limit", "1")) == 1


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_limit_that_is_no_number_of_tasks_is_refused(limit: str) -> None:
    with pytest.raises(CommandError, match="give 1 or more"):
        listed(f"--limit={limit}")
