"""The packages of the image are those of requirements.txt, each with its hashes."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def pins(path: Path) -> dict[str, str]:
    """Version by name."""
    found = re.findall(r"^([\w-]+)(?:\[[\w,]+\])?==(\S+)", path.read_text(), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


def test_the_lock_has_the_versions_that_are_required() -> None:
    wanted, locked = pins(ROOT / "requirements.txt"), pins(ROOT / "deployment/requirements.lock")
    differing = {name for name, version in wanted.items() if locked.get(name) != version}
    assert differing == set(), "run `make lock`"


def test_every_locked_package_has_a_hash() -> None:
    text = (ROOT / "deployment/requirements.lock").read_text()
    packages = re.split(r"^(?=[\w-])", text, flags=re.MULTILINE)[1:]
    assert len(packages) > len(pins(ROOT / "requirements.txt"))
    assert [one for one in packages if "--hash=sha256:" not in one] == []
