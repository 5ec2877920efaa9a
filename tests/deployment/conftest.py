"""An installation with tables and demo data: made once, and copied for those who begin with one."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployment.local.installation import Installation
from deployment.local.servers import LocalServer, postgres


@pytest.fixture(scope="session")
def template(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalServer, Installation]]:
    """Its server, which is stopped, and itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TEST_DATABASE_URL", raising=False)
        with postgres() as server:
            folder = tmp_path_factory.mktemp("template")
            made = Installation.make(folder, DATABASE_URL=server.url)
            made.manage("migrate", "--verbosity", "0")
            made.manage("demo_create")
            server.stop()
            yield server, made


@pytest.fixture(scope="module")
def database(template: tuple[LocalServer, Installation]) -> Iterator[LocalServer]:
    """A PostgreSQL with demo data."""
    with postgres(copy_of=template[0]) as server:
        yield server


@pytest.fixture(scope="session")
def install(template: tuple[LocalServer, Installation]) -> Callable[..., Installation]:
    """`install(folder, DATABASE_URL=database.url)`: with keys and a token that fit the data."""

    def copy(folder: Path, **settings: str) -> Installation:
        shutil.copytree(template[1].folder / "var", folder / "var")
        return Installation.make(folder, **settings)

    return copy
