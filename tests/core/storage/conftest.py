"""What the tests of storage share: an open vault.db in a folder of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.storage.database import Database, open_database
from core.storage.schema import VAULT_SCHEMA


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where vault.db will be."""
    return tmp_path / "home" / "vault.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    """An open vault.db."""
    database = await open_database(path, VAULT_SCHEMA)
    yield database
    await database.close()
