"""A changed byte anywhere in vault.db is refused or harmless; it never gives another login."""

import random
from pathlib import Path

from core.domain.account import AccountId
from core.domain.credentials import Credentials
from core.domain.errors import CoreError
from core.domain.state import put_account
from core.storage.database import open_database
from core.storage.looking_over import logins_that_do_not_open, look_over_database, unreadable_rows
from core.storage.schema import VAULT_SCHEMA
from core.storage.sealed_login import open_login, seal_login
from core.storage.store import load_store
from core.storage.vault import load_vault
from tests.core.storage.samples import CHEAP, account, login
from tests.fakes.clock import FakeClock

PASSPHRASE = "a fake passphrase"
NUMBERS = (1, 2, 3)


async def fill(path: Path, clock: FakeClock) -> None:
    database = await open_database(path, VAULT_SCHEMA)
    vault = await load_vault(database, clock=clock, cost=CHEAP)
    store = await load_store(database, publish=lambda _: None)
    await vault.unlock(passphrase=PASSPHRASE)
    for number in NUMBERS:
        await vault.put(account(number).id, login(f"L{number}"))
        await store.change(put_account(account(number)))
    await store.close()
    await vault.close()
    await database.close()


async def logins_in(path: Path, clock: FakeClock) -> list[Credentials | str | None]:
    """Each login, or the code of what was said instead."""
    found: list[Credentials | str | None] = []
    try:
        database = await open_database(path, VAULT_SCHEMA)
    except CoreError as error:
        return [error.code]
    try:
        vault = await load_vault(database, clock=clock, cost=CHEAP)
        try:
            await vault.unlock(passphrase=PASSPHRASE)
            for number in NUMBERS:
                try:
                    found.append(await vault.get(account(number).id))
                except CoreError as error:
                    found.append(error.code)
        finally:
            await vault.close()
    except CoreError as error:
        found.append(error.code)
    finally:
        await database.close()
    return found


async def test_whatever_byte_changes_no_login_is_ever_another(path: Path, clock: FakeClock) -> None:
    await fill(path, clock)
    whole = path.read_bytes()
    drawn = random.Random(20261120)
    right: set[object] = {login(f"L{number}") for number in NUMBERS}
    codes = {
        "data_damaged", "data_newer", "data_error", "data_not_writable", "login_damaged", "locked",
        "no_key_slot",
    }  # fmt: skip
    for position in drawn.sample(range(len(whole)), 150):
        content = bytearray(whole)
        content[position] ^= 1 << drawn.randrange(8)
        for old in path.parent.glob("vault.db*"):
            old.unlink()
        path.write_bytes(content)
        for one in await logins_in(path, clock):
            assert one is None or one in right or one in codes, (position, one)


async def test_a_truncated_file_is_called_damaged_and_nothing_is_written(
    path: Path, clock: FakeClock
) -> None:
    await fill(path, clock)
    whole = path.read_bytes()
    # The last page may lack its end where nothing was written yet: there is no harm in that.
    for length in range(1, len(whole) - 4096, 4096 - 7):
        for old in path.parent.glob("vault.db*"):
            old.unlink()
        path.write_bytes(whole[:length])
        assert await logins_in(path, clock) == ["data_damaged"], length
        assert path.read_bytes() == whole[:length]


def test_what_is_not_there_is_no_damage(tmp_path: Path) -> None:
    assert not look_over_database(tmp_path / "vault.db")
    assert unreadable_rows(tmp_path / "vault.db") == ()
    assert logins_that_do_not_open(tmp_path / "vault.db", b"k" * 32) == ()


def test_a_sealed_login_counts_for_its_account_and_generation_only() -> None:
    key, work = b"k" * 32, AccountId("acc_work")
    sealed = seal_login(key, work, login(), random=lambda count: b"r" * count)
    assert open_login(key, work, 1, sealed) == login()
    for account_id, generation in ((AccountId("acc_home"), 1), (work, 2)):
        try:
            open_login(key, account_id, generation, sealed)
        except CoreError as error:
            code = error.code
        assert code == "login_damaged"


async def test_whatever_letter_of_an_account_changes_is_noticed(
    path: Path, clock: FakeClock
) -> None:
    await fill(path, clock)
    whole = path.read_bytes()
    # The newest copy of each document: what a reader is given.
    entries = [whole.rindex(f'"label":"{account(n).label}"'.encode()) for n in NUMBERS]
    drawn = random.Random(20261121)
    for _ in range(60):
        position = drawn.choice(entries) + drawn.randrange(-60, 60)
        content = bytearray(whole)
        content[position] ^= 1 << drawn.randrange(7)
        for old in path.parent.glob("vault.db*"):
            old.unlink()
        path.write_bytes(content)
        said: list[str]
        try:
            assert look_over_database(path)
            said = [row.kind for row in unreadable_rows(path)]
        except CoreError as error:
            said = [error.code]
        assert said in (["account"], ["data_damaged"]), position
