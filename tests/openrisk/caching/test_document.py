"""What docs/caching.md lists is what the code has."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from openrisk import urls  # noqa: F401  declares every view
from openrisk.caching.decorators import Declaration, declarations
from openrisk.caching.freshness.registry import ColumnGroup, Read, Row

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs/caching.md").read_text()
CACHING = ROOT / "openrisk/caching"


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of the first table after a heading, by what the first cell says in code."""
    section = re.split(r"^#+ ", DOCUMENT.partition(f"# {heading}\n")[2], flags=re.MULTILINE)[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:2] == "| "]
    return {name: rest for first, *rest in lines for name in re.findall(r"`([^`]+)`", first)}


def read_by(declaration: Declaration) -> str:
    return ", ".join(map(_in_words, declaration.reads))


def _in_words(read: Read) -> str:
    if isinstance(read, ColumnGroup):
        return f"{read.name} of {read.model.__name__}"
    return f"one {read.model.__name__}" if isinstance(read, Row) else read.__name__


def test_every_cached_view_is_listed_with_what_it_reads() -> None:
    listed = {name: cells[0] for name, cells in rows("The cached views").items()}
    # Views of the tests' own are declared here too.
    ours = {d.view: read_by(d) for d in declarations.values() if _is_ours(d)}
    assert listed == ours


def _is_ours(declaration: Declaration) -> bool:
    places = ROOT.glob("*/api/**/*.py")
    texts = [path.read_text() for path in places if path.relative_to(ROOT).parts[0] != "tests"]
    parts = declaration.view.split("-")
    resources = "|".join("-".join(parts[:end]) for end in range(1, len(parts)))
    return any(re.search(rf'cached_view\(\s*"({resources})"', text) for text in texts)


def test_a_view_with_a_hyphen_in_its_name_is_ours_too(monkeypatch, tmp_path) -> None:
    (tmp_path / "risks/api").mkdir(parents=True)
    (tmp_path / "risks/api/views.py").write_text('@cached_view("finding-rules", ttl=1)')
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    declared = next(iter(declarations.values()))
    assert _is_ours(replace(declared, view="finding-rules-list"))
    assert not _is_ours(replace(declared, view="finding-list"))


def test_every_setting_is_listed() -> None:
    text = (ROOT / "openrisk/settings.py").read_text()
    section = text.partition("# --- Cache ")[2].partition("\n# --- ")[0]
    read = set(re.findall(r'\benv\.\w+\("(\w+)"', section))
    assert set(rows("Settings")) == read


def test_defaults_of_settings_are_those_of_the_code() -> None:
    lives = {name: cells[0] for name, cells in rows("Settings").items() if "_TTL_" in name}
    assert len(lives) == 4
    assert lives == {name: str(getattr(settings, name)) for name in lives}
    assert f"at most {settings.CACHE_MEMORY_BYTES // 2**20} MiB" in DOCUMENT


def test_every_metric_is_listed_with_its_labels() -> None:
    text = (CACHING / "metrics.py").read_text()
    declared = {
        name + (f"{{{','.join(re.findall(r'[a-z]+', labels))}}}" if labels else "")
        for name, labels in re.findall(
            r'"(openrisk_cache_\w+)",\n\s+"[^\n]+",\n(?:\s+(\([^)]*\)),)?', text
        )
    }
    assert set(rows("Metrics")) == declared


@pytest.mark.parametrize("module", re.findall(r"\(`([a-z_/]+\.py)`", DOCUMENT))
def test_every_module_that_is_named_exists(module: str) -> None:
    assert (CACHING / module).exists() or (ROOT / "openrisk" / module).exists()


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"manage\.py (cache_\w+)", DOCUMENT))
    assert named <= {path.stem for path in (CACHING / "management/commands").glob("cache_*.py")}
