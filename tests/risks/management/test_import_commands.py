"""`risks_import`, `risks_import_undo` and `risks_export`: exit codes, and what they say."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from openrisk.accounts.models import Organization, User
from risks.models import ImportRun, Risk
from tests.risks.import_runs.uploads import HEADER

ONE = HEADER + "R1,Fire,4,5,Open,Facilities,Physical,Archive,Sprinklers,See audit\n"
WRONG = ONE + "R2,Flood,banana,5,,,,,,\n"


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_text(ONE)
    return path


def bring_in(path: Path, *options: str) -> None:
    call_command("risks_import", str(path), "--organization", "acme", *options)


def refused(run: Any, *arguments: str, **options: Any) -> tuple[int, str]:
    """Exit code and message."""
    with pytest.raises(CommandError) as error:
        run(*arguments, **options)
    return error.value.returncode, str(error.value)


def test_the_second_import_says_that_nothing_changed(
    organization: Organization, register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring_in(register)
    assert "To undo it: python manage.py risks_import_undo" in capsys.readouterr().out
    bring_in(register)
    assert "Nothing has changed" in capsys.readouterr().out
    assert Risk.objects.count() == 1


def test_a_dry_run_writes_nothing(
    organization: Organization, register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring_in(register, "--dry-run", "--format", "json")
    summary = json.loads(capsys.readouterr().out)
    assert (summary["status"], summary["counts"]["risks"]["create"]) == ("dry_run", 1)
    assert (Risk.objects.count(), ImportRun.objects.count()) == (0, 0)


def test_options_of_reading_are_stored_with_the_run(
    organization: Organization, register: Path
) -> None:
    bring_in(register, "--month-first", "--encoding", "utf-8", "--include", "issues", "--as-new")
    options = ImportRun.objects.get().options
    assert (options["month_first"], options["encoding"]) == (True, "utf-8")
    assert (options["include"], options["as_new"]) == (["issues"], True)


def test_a_file_that_may_continue_a_source_is_refused_with_both_choices(
    organization: Organization, register: Path
) -> None:
    bring_in(register)
    later = register.rename(register.with_name("register (1).csv"))
    code, message = refused(bring_in, later)
    assert (code, message.endswith('--source "register", or --as-new.')) == (3, True)
    assert (Risk.objects.count(), ImportRun.objects.count()) == (1, 1)
    bring_in(later, "--source", "register")
    assert Risk.objects.count() == 1
    bring_in(later, "--as-new")
    assert Risk.objects.count() == 2


def test_an_import_is_undone(organization: Organization, register: Path) -> None:
    bring_in(register)
    call_command("risks_import_undo", str(ImportRun.objects.get().pk))
    assert Risk.objects.count() == 0


def test_rows_in_error_exit_with_1_or_with_4(organization: Organization, register: Path) -> None:
    register.write_text(WRONG)
    assert refused(bring_in, register)[0] == 1
    assert Risk.objects.count() == 0
    with pytest.raises(SystemExit) as left:
        bring_in(register, "--skip-errors")
    assert left.value.code == 4
    assert Risk.objects.count() == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--map", "Nix=title"], "no column 'Nix'. Its columns: Risk ID"),
        (["--map", "Note=nonsense"], "'nonsense' is not a field of a risk. Fields: reference"),
    ],
)
def test_a_mapping_of_unknown_columns_or_fields_is_a_usage_error(
    organization: Organization, register: Path, options: list[str], expected: str
) -> None:
    code, message = refused(bring_in, register, *options)
    assert (code, expected in message) == (2, True)


# The code of these is argparse's own, which `call_command` does not pass on.
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--map", "Note"], '"Column=field"'),
        (["--user", "nobody@example.com"], "no user nobody@example.com"),
        (["--organization", "nope"], "Known ones: acme."),
    ],
)
def test_a_wrong_argument_is_reported(
    organization: Organization, register: Path, options: list[str], expected: str
) -> None:
    assert expected in refused(bring_in, register, *options)[1]


def test_a_user_of_another_organization_is_a_usage_error(
    organization: Organization, register: Path, outsider: User
) -> None:
    assert refused(bring_in, register, "--user", outsider.email)[0] == 2


def test_the_file_is_written_with_marks(
    organization: Organization, register: Path, tmp_path: Path
) -> None:
    marked = tmp_path / "marked.xlsx"
    bring_in(register, "--dry-run", "--annotated", str(marked))
    assert marked.read_bytes().startswith(b"PK")
    code, message = refused(bring_in, register, "--annotated", str(tmp_path / "missing" / "x.xlsx"))
    assert (code, "cannot be written: No such file" in message) == (1, True)
    assert Risk.objects.count() == 0


def test_a_missing_file_is_reported(organization: Organization, tmp_path: Path) -> None:
    code, message = refused(bring_in, tmp_path / "missing.csv")
    assert (code, "missing.csv cannot be read: No such file" in message) == (1, True)


def test_a_missing_folder_for_the_export_is_reported(
    organization: Organization, tmp_path: Path
) -> None:
    target = tmp_path / "missing" / "x.csv"
    export = ("risks_export", "--organization", "acme", "--output", str(target))
    assert refused(call_command, *export) == (1, f"{target}: No such file or directory.")


def test_a_reader_that_closes_the_pipe_is_not_a_failure(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `risks_export ... | head`. What Python still has to write must not fail either."""
    redirect = Mock()
    monkeypatch.setattr("risks.exports.csv_lines", Mock(side_effect=BrokenPipeError))
    monkeypatch.setattr("os.dup2", redirect)
    call_command("risks_export", "--organization", "acme")
    redirect.assert_called_once()
