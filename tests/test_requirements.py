"""What is installed is what is required: the locks have every pin, and a hash of each package."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [
    pytest.param(["requirements.txt"], "requirements.lock", id="runtime"),
    pytest.param(
        ["requirements.txt", "requirements-dev.txt"], "requirements-dev.lock", id="development"
    ),
]


def read_pins(name: str) -> dict[str, str]:
    """Version by package."""
    pins = re.findall(
        r"^([\w-]+)(?:\[[\w,]+\])?==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE
    )
    return {package.lower().replace("_", "-"): version for package, version in pins}


@pytest.mark.parametrize(("required", "lock"), LOCKS)
def test_the_lock_has_the_versions_that_are_required(required: list[str], lock: str) -> None:
    locked = read_pins(lock)
    pins = {package: version for name in required for package, version in read_pins(name).items()}
    differing = {package for package, version in pins.items() if locked.get(package) != version}
    assert differing == set(), "run `make lock`"


@pytest.mark.parametrize(("required", "lock"), LOCKS)
def test_every_locked_package_has_a_hash(required: list[str], lock: str) -> None:
    packages = re.split(r"^(?=[\w-])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    assert len(packages) > sum(len(read_pins(name)) for name in required)
    assert [package for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize(("required", "lock"), LOCKS)
def test_a_lock_names_no_index(required: list[str], lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


def test_development_has_the_versions_of_the_runtime() -> None:
    assert read_pins("requirements.lock").items() <= read_pins("requirements-dev.lock").items()
