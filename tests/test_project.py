"""What can be listed is listed: targets, settings, pins; and no text names a private machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def tracked() -> list[Path]:
    """Every file of the project that git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def test_every_make_target_is_documented() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)[1].split()) - {
        "\\"
    }
    documented = set(re.findall(r"^([a-z-]+):[^\n]*## \S", makefile, re.MULTILINE))
    assert documented == phony


def test_make_help_lists_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = {line.split()[0] for line in shown.stdout.splitlines()}
    assert named >= {"run", "test", "lint", "types", "seed", "serve", "shell", "clean", "doctor"}


def test_every_setting_is_in_the_example_and_the_other_way_round() -> None:
    read = {
        name
        for path in (ROOT / "openrisk").rglob("*.py")
        for name in re.findall(r'\b(?:env|addresses)\.\w+\(\s*"([A-Z_]+)"', path.read_text())
    }
    example = (ROOT / ".env.example").read_text()
    assert read == set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_explained(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    requirements = [line for line in lines if line and not line.startswith(("#", "-r "))]
    explained = re.compile(r"[a-z0-9-]+(\[[a-z,]+\])?==[0-9a-z.!]+ +# \S.+")
    assert requirements
    assert [line for line in requirements if not explained.fullmatch(line)] == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    somebodys = re.compile(r"(?<![\w.])/(?:work|root|opt/wheels|Users)/")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix not in {".png", ".xlsx", ".ico", ".woff2"}
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if somebodys.search(line)
    ]
    assert found == []


def test_every_link_of_a_document_leads_somewhere() -> None:
    links = [
        (path, target)
        for path in tracked()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text())
        if "://" not in target
    ]
    assert links
    assert [
        f"{path.relative_to(ROOT)}: {target}"
        for path, target in links
        if not (path.parent / target).exists()
    ] == []


def test_every_file_that_the_readme_tells_to_use_is_there() -> None:
    named = re.findall(r"\bdocs/[\w./-]+\w", (ROOT / "README.md").read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    titles = [record.read_text().partition(".")[0] for record in records]
    assert titles == [f"# {number}" for number in range(1, len(records) + 1)]
    assert [record.name[:4] for record in records] == [
        f"{number:04d}" for number in range(1, len(records) + 1)
    ]


def test_architecture_names_files_and_names_that_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    folders = "openrisk|risks|dashboards|marketplace|monitoring|deployment|tests|docs"
    files = re.findall(rf"`((?:{folders})/[\w./-]*)`", text)
    assert len(files) > 30
    assert [name for name in files if not (ROOT / name).exists()] == []
    names = re.findall(r"`@?(\w+)` in `([\w./]+)`", text)
    assert [name for name, file in names if name not in (ROOT / file).read_text()] == []


def test_architecture_is_short() -> None:
    assert len((ROOT / "docs/architecture.md").read_text().splitlines()) <= 150
