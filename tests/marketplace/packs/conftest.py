"""A folder that a pack is built from."""

import json

import pytest

ABOUT = {
    "id": "example.library", "name": "Library", "version": "1.0.0", "publisher": "We",
    "licence": "CC0-1.0", "summary": "A few.", "core": ">=0.1,<2",
}  # fmt: skip
BARE: dict = {"risks": {"categories": [], "risks": []}}


@pytest.fixture
def folder(tmp_path):
    """`folder(about=..., risks=...)` writes it anew; a content is a value, or bytes."""

    def write(about=(), **contents):
        for path in write.path.glob("*"):
            path.unlink()
        files = {"pack": ABOUT | dict(about), **(contents or BARE)}
        for name, value in files.items():
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            (write.path / f"{name}.json").write_bytes(content)
        return write.path

    write.path = tmp_path / "pack"
    write.path.mkdir()
    return write
