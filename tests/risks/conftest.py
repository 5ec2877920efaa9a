"""What tests of the register share."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def attachments_folder(settings: Any, tmp_path: Path) -> Path:
    """An empty folder in which attachments are stored, for tests that look into it."""
    folder = tmp_path / "attachments"
    storage = {**settings.STORAGES["attachments"]}
    storage["OPTIONS"] = {**storage["OPTIONS"], "location": folder}
    settings.STORAGES = {**settings.STORAGES, "attachments": storage}
    return folder
