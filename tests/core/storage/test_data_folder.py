"""A data folder has one owner, who finds everything open and leaves everything closed."""

import asyncio
from pathlib import Path

import pytest

from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.events import Event
from core.domain.state import put_account
from core.runtime.paths import Home
from core.storage.data_folder import DataFolder, own
from core.storage.keys import SystemKeyring
from tests.core.storage.native_keyring import FakeSecretService
from tests.core.storage.samples import NOW, account, login, request
from tests.fakes.clock import FakeClock


class Heard:
    """What the folder announces."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: tuple[Event, ...]) -> None:
        self.events.extend(events)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(root=tmp_path / "home")


@pytest.fixture
def keyring() -> SystemKeyring:
    backend = FakeSecretService()
    return SystemKeyring(backend=lambda: backend)


async def owned(home: Home, keyring: SystemKeyring, *, wait_s: float = 0.02) -> DataFolder:
    return await own(
        home,
        mode="serve",
        wait_s=wait_s,
        clock=FakeClock(NOW),
        publish=Heard().publish,
        keyring=keyring,
    )


async def test_everything_is_there_again_for_the_next_owner(
    home: Home, keyring: SystemKeyring
) -> None:
    folder = await owned(home, keyring)
    await folder.vault.unlock()
    await folder.vault.put(AccountId("acc_1"), login("A"))
    await folder.store.change(put_account(account(1)))
    folder.ledger.append(request())
    await folder.close()
    folder = await owned(home, keyring)
    await folder.vault.unlock()
    assert await folder.vault.get(AccountId("acc_1")) == login("A")
    assert list(folder.store.state.accounts.values()) == [account(1)]
    assert await folder.ledger.last(1) == (request(),)
    await folder.close()


async def test_a_second_owner_is_told_who_the_first_is(home: Home, keyring: SystemKeyring) -> None:
    folder = await owned(home, keyring)
    with pytest.raises(CoreError) as failure:
        await owned(home, keyring)
    assert failure.value.code == "owned"
    assert "serve, pid" in failure.value.message
    await folder.close()


async def test_who_waits_takes_over_when_the_first_has_ended(
    home: Home, keyring: SystemKeyring
) -> None:
    first = await owned(home, keyring)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(owned(home, keyring, wait_s=5))
        await first.close()
    await (await waiting).close()


@pytest.mark.parametrize("file", ["vault.db", "ledger.db"])
async def test_an_owner_that_cannot_open_a_file_lets_the_next_one_try(
    home: Home, keyring: SystemKeyring, file: str
) -> None:
    (home.root / file).mkdir(parents=True)
    with pytest.raises(CoreError):
        await owned(home, keyring)
    (home.root / file).rmdir()
    folder = await owned(home, keyring)
    await folder.close()


async def test_a_disk_that_refuses_the_last_write_still_lets_the_next_owner_in(
    home: Home, keyring: SystemKeyring
) -> None:
    folder = await owned(home, keyring)
    await folder.database.read(lambda connection: connection.execute("PRAGMA query_only = ON"))
    folder.store.learn(lambda observed: (type(observed)(last_chosen=AccountId("acc_1")), ()))
    with pytest.raises(CoreError):
        await folder.close()
    folder = await owned(home, keyring)
    await folder.close()
