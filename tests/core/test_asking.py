"""Clients for what is rare: they believe whom the settings name, and that is read once."""

from pathlib import Path

import pytest

from core.asking import Asking
from core.domain.settings import Settings, with_value
from tests.fakes.connect_proxy import Authority


class Chosen:
    """Settings that name an authority, until another is named."""

    def __init__(self, authority: Path) -> None:
        self.choose(authority)

    def choose(self, authority: Path) -> None:
        self.now = with_value(Settings(), "upstream.ca_file", str(authority))

    def __call__(self) -> Settings:
        return self.now


@pytest.fixture
def named(authority: Authority, tmp_path: Path) -> Path:
    """A file of an authority that a test may take away."""
    found = tmp_path / "authority.pem"
    found.write_bytes(authority.bundle.read_bytes())
    return found


async def test_authorities_are_read_once_for_all_clients(named: Path) -> None:
    """They weigh a megabyte, and clients that were closed wait for the garbage collector."""
    asking = Asking(settings=Chosen(named))
    async with asking.connect():
        named.unlink()
    async with asking.connect():
        pass


async def test_another_authority_counts_for_the_next_client(named: Path, tmp_path: Path) -> None:
    chosen = Chosen(named)
    asking = Asking(settings=chosen)
    async with asking.connect():
        chosen.choose(tmp_path / "nowhere.pem")
    with pytest.raises(OSError, match="No such file"):
        asking.connect()
