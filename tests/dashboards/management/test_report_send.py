"""The command report_send."""

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from dashboards.models import Board
from tests.opened import open_links
from tests.risks.factories import make_risk

BOARD = ["chair@example.org", "secretary@example.org"]


def send(*arguments, **options):
    call_command("report_send", "--organization", "acme", *arguments, **options)


def test_report_links_to_the_page_that_it_shows(organization, viewer, settings):
    settings.SITE_URL = "https://risk.example.org"
    make_risk(organization)
    Board.objects.create(organization=organization, owner=viewer, name="Water", slug="water")
    send("--to", BOARD[0])
    send("--to", BOARD[0], "--dashboard", "water")
    opened = [open_links(message.body, viewer) for message in mail.outbox]
    assert opened == [["/o/acme/"], ["/o/acme/dashboards/water/"]]


def test_command_sends_the_report(organization, capsys):
    make_risk(organization, title="Fire", inherent_likelihood=5, inherent_impact=5)
    send("--to", BOARD[0], "--to", BOARD[1], "--to", BOARD[0], "--period", "90d")
    [message] = mail.outbox
    assert message.to == BOARD
    assert message.subject == "Risk report of Acme"
    assert message.body.startswith("1 risk is open, 1 of them high or critical")
    [(name, pdf, kind)] = message.attachments
    assert (name[:16], kind, pdf[:5]) == ("risk-report-acme", "application/pdf", b"%PDF-")
    assert "Risk report of Acme: risk-report-acme" in capsys.readouterr().out


def test_dry_run_prints_the_same_and_sends_nothing(organization, capsys):
    send("--to", BOARD[0])
    sent = capsys.readouterr().out
    send("--to", BOARD[0], "--dry-run")
    first, last = capsys.readouterr().out.splitlines()
    # The PDF says the minute and has an id of its own, so its size may differ a little.
    assert first.partition("(")[0] == sent.partition("(")[0]
    assert last == "A dry run: nothing was sent."
    assert len(mail.outbox) == 1


def test_command_reports_a_failing_mail_server(organization, down):
    with pytest.raises(CommandError, match=r"unexpectedly closed\. Check EMAIL_URL") as failed:
        send("--to", BOARD[0])
    assert failed.value.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--to"),
        (("--to", "nobody"), "not an e-mail address: nobody"),
        (("--to", BOARD[0], "--period", "8d"), "invalid choice: '8d'"),
        (("--to", BOARD[0], "--dashboard", "other"), "There is no dashboard other"),
        (("--to", BOARD[0], "--organization", "nothing"), "there is no organization nothing"),
    ],
)
def test_command_refuses_bad_arguments(organization, arguments, says):
    with pytest.raises(CommandError, match=says):
        send(*arguments)
    assert mail.outbox == []
