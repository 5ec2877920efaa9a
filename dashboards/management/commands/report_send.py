from argparse import ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from dashboards.models import Board, Dashboard
from dashboards.periods import DEFAULT_PERIOD, PERIOD_DAYS
from dashboards.schedules.sending import build_report_email
from openrisk.accounts.management.arguments import organization_argument
from openrisk.accounts.models import Organization


class Command(BaseCommand):
    help = (
        "Send a dashboard as PDF by e-mail. Example: python manage.py report_send "
        "--organization demo --dashboard executive --to board@example.org --period 90d"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organization", type=organization_argument, required=True, metavar="SLUG"
        )
        parser.add_argument(
            "--dashboard",
            default=Dashboard.EXECUTIVE.value,
            metavar="SLUG",
            help="executive (the overview, the default), or the last part of a board's address",
        )
        parser.add_argument(
            "--to",
            type=email_address,
            required=True,
            action="append",
            metavar="EMAIL",
            help="may be given several times",
        )
        parser.add_argument("--period", choices=tuple(PERIOD_DAYS), default=DEFAULT_PERIOD)
        parser.add_argument("--dry-run", action="store_true", help="do everything but send")

    def handle(self, *args: Any, **options: Any) -> None:
        message = build_report_email(
            organization=options["organization"],
            period=options["period"],
            recipients=list(dict.fromkeys(options["to"])),
            board=find_board(options["organization"], options["dashboard"]),
        )
        if not options["dry_run"]:
            send_message(message)
        [(name, pdf, _)] = message.attachments
        recipients = ", ".join(message.to)
        self.stdout.write(f"{message.subject}: {name} ({len(pdf):,} bytes) to {recipients}.")
        if options["dry_run"]:
            self.stdout.write("A dry run: nothing was sent.")


def find_board(organization: Organization, slug: str) -> Board | None:
    """Return the board, or None for the overview."""
    if slug == Dashboard.EXECUTIVE:
        return None
    boards = Board.objects.for_organization(organization)
    board: Board | None = boards.select_related("organization").filter(slug=slug).first()
    if board is None:
        known = ", ".join(["executive", *boards.values_list("slug", flat=True)])
        raise CommandError(f"There is no dashboard {slug}. Known ones: {known}.", returncode=2)
    return board


def send_message(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:  # includes all errors of smtplib
        reason = f"Nothing was sent, the mail server failed: {error}. Check EMAIL_URL."
        raise CommandError(reason) from None


def email_address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ArgumentTypeError(f"not an e-mail address: {text}") from None
    return text
