import pytest
from django.core.management import CommandError, call_command

from tests.risks.factories import make_attachment
from tests.risks.files.content import PNG

pytestmark = pytest.mark.django_db


def test_all_is_well(organization, attachments_folder, capsys):
    make_attachment(organization)
    call_command("attachments_sweep")
    assert capsys.readouterr().out == "0 files deleted, 0 missing.\n"


def test_missing_files_are_named(organization, attachments_folder, capsys):
    make_attachment(organization)
    lost = make_attachment(organization, PNG, "lost.png")
    next(attachments_folder.rglob(lost.sha256)).unlink()
    with pytest.raises(CommandError, match="Restore ATTACHMENTS_DIR"):
        call_command("attachments_sweep")
    assert f"acme: lost.png ({lost.pk})" in capsys.readouterr().out
