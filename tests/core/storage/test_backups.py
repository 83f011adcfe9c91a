"""Backups are written whole or not at all, never over another file, and open where they should."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from core.domain.credentials import Credentials
from core.domain.errors import CoreError, ExitCode
from core.domain.state import put_account
from core.storage.backup_keeper import BackupKeeper
from core.storage.backups import Backups, read_backup
from core.storage.database import Database, open_database
from core.storage.keys import SystemKeyring
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import Store, load_store
from core.storage.vault import Vault, load_vault
from tests.core.storage.native_keyring import FakeSecretService
from tests.core.storage.samples import CHEAP, account, everything_under, login, pieces
from tests.fakes.clock import FakeClock

PASSPHRASE, OTHER = "a fake passphrase", "another fake passphrase"


@dataclass
class Folder:
    """A data folder's parts."""

    database: Database
    store: Store
    vault: Vault
    backups: Backups
    clock: FakeClock
    path: Path

    async def fill(self, *numbers: int) -> None:
        for number in numbers:
            await self.vault.put(account(number).id, login(f"L{number}"))
            await self.store.change(put_account(account(number)))

    async def close(self) -> None:
        await self.store.close()
        await self.vault.close()
        await self.database.close()


async def made(path: Path, clock: FakeClock, backend: KeyringBackend | None = None) -> Folder:
    database = await open_database(path / "vault.db", VAULT_SCHEMA)
    none = NoKeyring()  # type: ignore[no-untyped-call]
    keyring = SystemKeyring(backend=lambda: backend or none)
    vault = await load_vault(database, clock=clock, keyring=keyring, cost=CHEAP)
    store = await load_store(database, publish=lambda _: None)
    backups = Backups(store=store, vault=vault, folder=path / "backups", clock=clock)
    return Folder(database, store, vault, backups, clock, path)


@pytest.fixture
async def here(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Folder]:
    """With two accounts, which a passphrase opens."""
    here = await made(tmp_path / "here", clock)
    await here.vault.unlock(passphrase=PASSPHRASE)
    await here.fill(1, 2)
    yield here
    await here.close()


@pytest.fixture
async def elsewhere(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Folder]:
    """A new machine, with nothing."""
    elsewhere = await made(tmp_path / "elsewhere", clock)
    yield elsewhere
    await elsewhere.close()


async def refused(folder: Folder, path: Path, **how: str) -> CoreError:
    with pytest.raises(CoreError) as caught:
        await folder.backups.open(path, **how)
    return caught.value


async def test_a_backup_opens_on_another_machine_with_its_passphrase(
    here: Folder, elsewhere: Folder, tmp_path: Path
) -> None:
    path = tmp_path / "mine.backup"
    await here.backups.write(path)
    _, kept = await elsewhere.backups.open(path, passphrase=PASSPHRASE)
    assert kept.accounts == (account(1), account(2))
    assert kept.login_of(account(2).id) == login("L2")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("given", [{}, {"passphrase": OTHER}], ids=["none", "a wrong one"])
async def test_without_its_passphrase_it_stays_closed(
    here: Folder, elsewhere: Folder, tmp_path: Path, given: dict[str, str]
) -> None:
    await here.backups.write(tmp_path / "mine.backup")
    error = await refused(elsewhere, tmp_path / "mine.backup", **given)
    assert (error.code, error.exit_code) == ("backup_locked", ExitCode.LOCKED)


async def test_the_recovery_code_opens_it_too(
    here: Folder, elsewhere: Folder, tmp_path: Path
) -> None:
    code = await here.vault.make_recovery_code()
    await here.backups.write(tmp_path / "mine.backup")
    _, kept = await elsewhere.backups.open(tmp_path / "mine.backup", passphrase=code)
    assert len(kept.logins) == 2


async def test_what_only_a_keyring_opens_gets_a_passphrase_of_its_own(
    elsewhere: Folder, tmp_path: Path, clock: FakeClock
) -> None:
    here = await made(tmp_path / "desktop", clock, FakeSecretService())
    try:
        await here.vault.unlock()
        await here.fill(1)
        await here.backups.write(tmp_path / "bare.backup")
        await here.backups.write(tmp_path / "sealed.backup", passphrase=OTHER)
        here.vault.lock()
        _, again = await here.backups.open(tmp_path / "bare.backup")
    finally:
        await here.close()
    assert len(again.logins) == 1
    assert (await refused(elsewhere, tmp_path / "bare.backup")).code == "backup_of_a_keyring"
    _, kept = await elsewhere.backups.open(tmp_path / "sealed.backup", passphrase=OTHER)
    assert kept.login_of(account(1).id) == login("L1")


async def test_a_backup_from_before_a_new_key_still_opens(here: Folder, tmp_path: Path) -> None:
    await here.backups.write(tmp_path / "old.backup")
    await here.vault.rekey(PASSPHRASE)
    _, kept = await here.backups.open(tmp_path / "old.backup", passphrase=PASSPHRASE)
    assert len(kept.logins) == 2


async def test_a_damaged_login_leaves_its_row_and_the_others(here: Folder, tmp_path: Path) -> None:
    await here.database.write(
        lambda file: file.execute("UPDATE secret SET sealed = x'00' WHERE account LIKE '%1'")
    )
    here.vault.lock()
    await here.vault.unlock(passphrase=PASSPHRASE)
    kept = await here.backups.write(tmp_path / "mine.backup")
    assert (len(kept.accounts), [one.account for one in kept.logins]) == (2, [account(2).id])


async def test_a_file_that_is_there_is_never_overwritten(here: Folder, tmp_path: Path) -> None:
    path = tmp_path / "mine.backup"
    path.write_text("something dear")
    with pytest.raises(CoreError) as caught:
        await here.backups.write(path)
    assert caught.value.code == "file_exists"
    assert path.read_text() == "something dear"
    assert [p.name for p in tmp_path.glob(".turntable-*")] == []


async def test_on_a_file_system_without_links_it_is_written_all_the_same(
    here: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(self: Path, target: Path) -> None:
        raise PermissionError("links are not for this file system")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    await here.backups.write(tmp_path / "mine.backup")
    assert len(read_backup(tmp_path / "mine.backup").slots) == 1
    with pytest.raises(CoreError, match="there already"):
        await here.backups.write(tmp_path / "mine.backup")


async def test_a_locked_vault_makes_no_backup(here: Folder, tmp_path: Path) -> None:
    here.vault.lock()
    with pytest.raises(CoreError) as caught:
        await here.backups.write(tmp_path / "mine.backup")
    assert caught.value.code == "locked"
    assert not (tmp_path / "mine.backup").exists()


async def test_a_missing_file_is_named(here: Folder, tmp_path: Path) -> None:
    error = await refused(here, tmp_path / "none.backup")
    assert error.code == "backup_missing"
    assert str(tmp_path / "none.backup") in error.message


async def test_our_own_are_rotated_and_foreign_files_stay(here: Folder) -> None:
    first = await here.backups.write_ours()
    (first.parent / "notes.txt").touch()
    for _ in range(15):
        here.clock.advance(timedelta(minutes=1))
        newest = await here.backups.write_ours()
    ours = await here.backups.ours()
    assert (ours[0], len(ours)) == (newest, 10)
    assert (first.parent / "notes.txt").exists()


async def test_no_piece_of_a_secret_is_in_the_folder(here: Folder) -> None:
    await here.backups.write_ours()
    secrets = [PASSPHRASE]
    for number in (1, 2):
        known: Credentials = login(f"L{number}")
        secrets += [known.access_token, known.refresh_token, known.id_token]
    for name, content in everything_under(here.path).items():
        assert not any(p in content for secret in secrets for p in pieces(secret)), name


class TestKeeper:
    async def test_one_is_made_each_day_and_none_between(self, here: Folder) -> None:
        keeper = BackupKeeper(here.backups, store=here.store, vault=here.vault, clock=here.clock)
        assert await keeper.look()
        for hours, made_one in ((1, False), (22, False), (1, True)):
            here.clock.advance(timedelta(hours=hours))
            assert await keeper.look() is made_one
        assert len(await here.backups.ours()) == 2

    async def test_a_clock_that_was_set_back_stops_no_backup(self, here: Folder) -> None:
        keeper = BackupKeeper(here.backups, store=here.store, vault=here.vault, clock=here.clock)
        await keeper.look()
        here.clock.set_wall(here.clock.now() - timedelta(days=30))
        assert await keeper.look()

    async def test_a_change_is_backed_up_once_it_has_settled(self, here: Folder) -> None:
        sleeping, settled = asyncio.Event(), asyncio.Event()
        written = asyncio.Queue[Path]()

        class Watched(Backups):
            async def write_ours(self) -> Path:
                path = await super().write_ours()
                written.put_nowait(path)
                return path

        async def sleep(seconds: float) -> None:
            sleeping.set()
            await settled.wait()

        folder = here.path / "backups"
        backups = Watched(store=here.store, vault=here.vault, folder=folder, clock=here.clock)
        keeper = BackupKeeper(
            backups, store=here.store, vault=here.vault, clock=here.clock, sleep=sleep
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(keeper.run())
            await written.get()
            await here.fill(3)
            keeper.wake()
            await sleeping.wait()
            await here.fill(4)
            settled.set()
            second = await written.get()
            running.cancel()
        _, kept = await here.backups.open(second)
        assert len(kept.accounts) == 4
        assert (await here.backups.ours())[0] == second

    async def test_nothing_to_keep_and_nothing_to_open_it_with_make_none(
        self, here: Folder, elsewhere: Folder
    ) -> None:
        here.vault.lock()
        for folder in (here, elsewhere):
            keeper = BackupKeeper(
                folder.backups, store=folder.store, vault=folder.vault, clock=folder.clock
            )
            assert not await keeper.look()

    async def test_a_disk_that_refuses_is_tried_again(
        self, here: Folder, caplog: pytest.LogCaptureFixture
    ) -> None:
        (here.path / "backups").write_text("a file where the folder should be")
        keeper = BackupKeeper(here.backups, store=here.store, vault=here.vault, clock=here.clock)
        assert not await keeper.look()
        assert "no backup was made" in caplog.text
        (here.path / "backups").unlink()
        assert await keeper.look()
