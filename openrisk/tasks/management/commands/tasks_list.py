import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

STATUSES = [status.value.lower() for status in TaskResultStatus]
OF_INTEREST = ["ready", "running", "failed"]


class Command(BaseCommand):
    help = (
        "List background tasks, the newest first: state, attempts, last error. "
        "Example: python manage.py tasks_list --status failed --format json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--status",
            nargs="+",
            choices=STATUSES,
            default=OF_INTEREST,
            help="all but the successful unless given",
        )
        parser.add_argument(
            "--limit", type=positive_number, default=50, help="at most so many (default 50)"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        statuses = [status.upper() for status in options["status"]]
        results = DBTaskResult.objects.filter(status__in=statuses).order_by("-enqueued_at", "id")
        rows = [describe_result(result) for result in results[: options["limit"]]]
        if options["format"] == "json":
            self.stdout.write(json.dumps(rows, indent=2, cls=DjangoJSONEncoder))
            return
        for row in rows:
            self.stdout.write(
                f"{row['enqueued_at']:%Y-%m-%d %H:%M:%S} {row['status']:10} "
                f"attempts={row['attempts']} {row['task']} {row['id']}"
            )
            if row["error"]:
                self.stdout.write(f"{'':20}{row['error']}")


def positive_number(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a number of tasks: give 1 or more")
    return int(text)


def describe_result(result: DBTaskResult) -> dict[str, Any]:
    return {
        "id": str(result.id),
        "task": result.task_path,
        "status": result.status.lower(),
        "attempts": len(result.worker_ids),
        "enqueued_at": result.enqueued_at,
        "run_after": None if result.run_after == get_date_max() else result.run_after,
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "error": (result.traceback.strip().splitlines() or [""])[-1],
        "traceback": result.traceback,
    }
