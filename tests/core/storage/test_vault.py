"""Logins are sealed, numbered, durable, and open only with their key."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from core.domain.account import AccountId
from core.domain.credentials import Credentials
from core.domain.errors import CoreError, ExitCode
from core.storage.database import Database, open_database
from core.storage.keys import SystemKeyring
from core.storage.schema import VAULT_SCHEMA
from core.storage.slots import SlotKind
from core.storage.vault import KEEP_REMOVED, Vault, load_vault, read_backend
from tests.core.storage.native_keyring import FakeSecretService
from tests.core.storage.samples import CHEAP, everything_under, login, pieces
from tests.fakes.clock import FakeClock

WORK, HOME = AccountId("acc_work"), AccountId("acc_home")
PASSPHRASE = "fake correct horse battery staple"


class Session:
    """A program's life with one vault: opened, closed, opened again."""

    def __init__(self, path: Path, clock: FakeClock, backend: KeyringBackend) -> None:
        self.path = path
        self.clock = clock
        self.backend = backend
        self._open: list[tuple[Database, Vault]] = []

    async def start(self) -> Vault:
        await self.end()
        database = await open_database(self.path, VAULT_SCHEMA)
        keyring = SystemKeyring(backend=lambda: self.backend)
        vault = await load_vault(database, clock=self.clock, keyring=keyring, cost=CHEAP)
        self._open.append((database, vault))
        return vault

    async def end(self) -> None:
        for database, vault in self._open:
            await vault.close()
            await database.close()
        self._open.clear()

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


@pytest.fixture
async def session(path: Path, clock: FakeClock) -> AsyncIterator[Session]:
    """Without a keyring: a passphrase seals."""
    session = Session(path, clock, NoKeyring())  # type: ignore[no-untyped-call]
    yield session
    await session.end()


@pytest.fixture
async def vault(session: Session) -> Vault:
    vault = await session.start()
    await vault.unlock(passphrase=PASSPHRASE)
    return vault


async def fails(code: str, exit_code: ExitCode, vault: Vault, **how: str | None) -> CoreError:
    with pytest.raises(CoreError) as failure:
        await vault.unlock(**how)
    assert (failure.value.code, failure.value.exit_code) == (code, exit_code)
    return failure.value


class TestLogins:
    async def test_a_login_comes_back_after_a_restart(self, session: Session, vault: Vault) -> None:
        await vault.put(WORK, login("A"))
        vault = await session.start()
        await vault.unlock(passphrase=PASSPHRASE)
        assert await vault.get(WORK) == login("A")

    async def test_an_account_without_a_login_has_none(self, vault: Vault) -> None:
        assert await vault.get(WORK) is None

    async def test_logins_are_kept_apart(self, vault: Vault) -> None:
        await vault.put(WORK, login("A"))
        await vault.put(HOME, login("B"))
        assert (await vault.get(WORK), await vault.get(HOME)) == (login("A"), login("B"))

    async def test_a_new_login_is_the_next_generation(self, vault: Vault) -> None:
        await vault.put(WORK, login("A", 1))
        second = await vault.put(WORK, replace(login("B"), generation=1))
        assert second == replace(login("B"), generation=2)
        assert await vault.get(WORK) == second

    async def test_the_same_tokens_again_are_the_same_generation(self, vault: Vault) -> None:
        await vault.put(WORK, login("A", 1))
        again = await vault.put(WORK, login("A", 1))
        assert again.generation == 1

    async def test_a_number_that_is_further_on_is_kept(self, vault: Vault) -> None:
        await vault.put(WORK, login("A", 1))
        assert (await vault.put(WORK, login("A", 7))).generation == 7

    async def test_an_older_generation_leaves_no_row_behind(
        self, session: Session, vault: Vault
    ) -> None:
        for generation in range(1, 6):
            await vault.put(WORK, login("A", generation))
        assert session.sql("SELECT account, generation FROM secret") == [(WORK, 5)]

    async def test_who_stops_waiting_still_finds_the_new_tokens(self, vault: Vault) -> None:
        await vault.put(WORK, login("A", 1))
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(vault.put(WORK, login("A", 2)))
            await asyncio.sleep(0)
            waiting.cancel()
        await vault.put(HOME, login("B"))
        assert await vault.get(WORK) == login("A", 2)


class TestRemoving:
    async def test_a_removed_login_is_not_given_out(self, session: Session, vault: Vault) -> None:
        await vault.put(WORK, login("A"))
        await vault.remove(WORK)
        assert await vault.get(WORK) is None
        vault = await session.start()
        await vault.unlock(passphrase=PASSPHRASE)
        assert await vault.get(WORK) is None

    async def test_removing_can_be_undone_for_seven_days(
        self, vault: Vault, clock: FakeClock
    ) -> None:
        await vault.put(WORK, login("A"))
        await vault.remove(WORK)
        clock.advance(KEEP_REMOVED - timedelta(seconds=1))
        assert await vault.sweep() == 0
        assert await vault.bring_back(WORK)
        assert await vault.get(WORK) == login("A")

    async def test_then_it_goes_for_good(
        self, session: Session, vault: Vault, clock: FakeClock
    ) -> None:
        await vault.put(WORK, login("A"))
        await vault.put(HOME, login("B"))
        await vault.remove(WORK)
        clock.advance(KEEP_REMOVED)
        assert await vault.sweep() == 1
        assert not await vault.bring_back(WORK)
        assert session.sql("SELECT account FROM secret") == [(HOME,)]

    async def test_signing_in_again_brings_the_next_generation(self, vault: Vault) -> None:
        await vault.put(WORK, login("A", 3))
        await vault.remove(WORK)
        assert (await vault.put(WORK, login("B", 1))).generation == 4
        assert await vault.get(WORK) == replace(login("B"), generation=4)


class TestSucceeding:
    """What a renewal has brought follows the login that was renewed, and no other."""

    async def test_it_is_the_next_generation(self, vault: Vault) -> None:
        known = await vault.put(WORK, login("A"))
        await vault.intend(WORK, known.generation)
        assert await vault.succeed(WORK, replace(login("B"), generation=known.generation))
        assert await vault.get(WORK) == replace(login("B"), generation=known.generation + 1)
        assert await vault.doubtful() == {}

    async def test_a_login_that_came_in_meanwhile_is_kept(self, vault: Vault) -> None:
        known = await vault.put(WORK, login("A"))
        newer = await vault.put(WORK, login("C"))
        assert not await vault.succeed(WORK, replace(login("B"), generation=known.generation))
        assert await vault.get(WORK) == newer

    async def test_a_login_that_was_removed_meanwhile_stays_so_and_comes_back_newest(
        self, vault: Vault
    ) -> None:
        known = await vault.put(WORK, login("A"))
        await vault.remove(WORK)
        assert await vault.succeed(WORK, replace(login("B"), generation=known.generation))
        assert await vault.get(WORK) is None
        assert await vault.bring_back(WORK)
        assert await vault.get(WORK) == replace(login("B"), generation=known.generation + 1)

    async def test_where_nothing_is_left_nothing_is_put(self, vault: Vault) -> None:
        assert not await vault.succeed(WORK, login("A"))
        assert await vault.get(WORK) is None


class TestJournal:
    async def test_an_intent_is_ended_by_the_new_login(self, vault: Vault) -> None:
        await vault.put(WORK, login("A", 1))
        await vault.intend(WORK, 1)
        assert await vault.doubtful() == {WORK: 1}
        await vault.put(WORK, login("A", 2))
        assert await vault.doubtful() == {}

    async def test_an_intent_without_an_end_is_found_at_the_next_start(
        self, session: Session, vault: Vault
    ) -> None:
        await vault.intend(WORK, 3)
        vault = await session.start()
        assert await vault.doubtful() == {WORK: 3}

    async def test_a_token_that_was_not_sent_leaves_no_doubt(self, vault: Vault) -> None:
        await vault.intend(WORK, 3)
        await vault.withdraw(WORK)
        assert await vault.doubtful() == {}


class TestUnlocking:
    async def test_a_vault_that_never_held_a_secret_is_not_locked(self, session: Session) -> None:
        vault = await session.start()
        assert (vault.backend, vault.locked) == ("none", False)
        assert await vault.get(WORK) is None
        assert read_backend(session.path) == "none"

    async def test_a_passphrase_seals_where_there_is_no_keyring(
        self, session: Session, vault: Vault
    ) -> None:
        assert (vault.backend, vault.locked) == ("passphrase", False)
        assert read_backend(session.path) == "passphrase"

    async def test_without_keyring_and_passphrase_nothing_is_saved(self, session: Session) -> None:
        vault = await session.start()
        error = await fails("no_key_slot", ExitCode.LOCKED, vault)
        assert "TURNTABLE_PASSPHRASE" in error.hint
        with pytest.raises(CoreError):
            await vault.put(WORK, login("A"))
        assert session.sql("SELECT * FROM slot") == []
        assert session.sql("SELECT * FROM secret") == []

    @pytest.mark.parametrize("passphrase", ["wrong", "", None])
    async def test_a_wrong_passphrase_changes_nothing(
        self, session: Session, vault: Vault, passphrase: str | None
    ) -> None:
        await vault.put(WORK, login("A"))
        vault = await session.start()
        before = everything_under(session.path.parent)["vault.db"]
        error = await fails("locked", ExitCode.LOCKED, vault, passphrase=passphrase)
        assert "TURNTABLE_PASSPHRASE" in error.hint
        assert vault.locked
        assert everything_under(session.path.parent)["vault.db"] == before
        await vault.unlock(passphrase=PASSPHRASE)
        assert await vault.get(WORK) == login("A")

    async def test_a_locked_vault_gives_and_takes_nothing(
        self, session: Session, vault: Vault
    ) -> None:
        await vault.put(WORK, login("A"))
        vault = await session.start()
        for attempt in (vault.get(WORK), vault.put(WORK, login("B")), vault.make_recovery_code()):
            with pytest.raises(CoreError) as failure:
                await attempt
            assert (failure.value.code, failure.value.exit_code) == ("locked", ExitCode.LOCKED)

    async def test_locking_forgets_what_was_open(self, vault: Vault) -> None:
        await vault.put(WORK, login("A"))
        vault.lock()
        assert vault.locked
        with pytest.raises(CoreError):
            await vault.get(WORK)

    async def test_an_empty_passphrase_seals_nothing(self, session: Session) -> None:
        vault = await session.start()
        await fails("bad_passphrase", ExitCode.USAGE, vault, passphrase="  ")
        assert vault.backend == "none"

    async def test_two_that_unlock_at_once_make_one_key(self, session: Session) -> None:
        vault = await session.start()
        await asyncio.gather(*(vault.unlock(passphrase=PASSPHRASE) for _ in range(3)))
        await vault.put(WORK, login("A"))
        vault = await session.start()
        await vault.unlock(passphrase=PASSPHRASE)
        assert await vault.get(WORK) == login("A")


class TestSlots:
    async def test_the_recovery_code_opens_the_vault(self, session: Session, vault: Vault) -> None:
        await vault.put(WORK, login("A"))
        code = await vault.make_recovery_code()
        vault = await session.start()
        await vault.unlock(recovery=code.lower())
        assert await vault.get(WORK) == login("A")
        assert vault.backend == "passphrase"

    async def test_a_newer_recovery_code_ends_the_older(
        self, session: Session, vault: Vault
    ) -> None:
        older = await vault.make_recovery_code()
        newer = await vault.make_recovery_code()
        vault = await session.start()
        await fails("locked", ExitCode.LOCKED, vault, recovery=older)
        await vault.unlock(recovery=newer)

    async def test_a_mistyped_recovery_code_is_told_so(
        self, session: Session, vault: Vault
    ) -> None:
        await vault.make_recovery_code()
        vault = await session.start()
        await fails("bad_recovery_code", ExitCode.USAGE, vault, recovery="ABCD")

    async def test_a_new_passphrase_ends_the_old(self, session: Session, vault: Vault) -> None:
        await vault.put(WORK, login("A"))
        await vault.use_passphrase("another fake passphrase")
        vault = await session.start()
        await fails("locked", ExitCode.LOCKED, vault, passphrase=PASSPHRASE)
        await vault.unlock(passphrase="another fake passphrase")
        assert await vault.get(WORK) == login("A")

    async def test_the_last_way_in_cannot_be_closed(self, vault: Vault) -> None:
        await vault.make_recovery_code()
        with pytest.raises(CoreError) as failure:
            await vault.remove_slot(SlotKind.PASSPHRASE)
        assert failure.value.code == "last_key_slot"
        assert vault.slots == {SlotKind.PASSPHRASE, SlotKind.RECOVERY}

    async def test_a_slot_that_was_removed_does_not_open(
        self, session: Session, vault: Vault
    ) -> None:
        code = await vault.make_recovery_code()
        await vault.remove_slot(SlotKind.RECOVERY)
        vault = await session.start()
        await fails("locked", ExitCode.LOCKED, vault, recovery=code)


class TestKeyring:
    @pytest.fixture
    async def session(self, path: Path, clock: FakeClock) -> AsyncIterator[Session]:
        """With a keyring."""
        session = Session(path, clock, FakeSecretService())
        yield session
        await session.end()

    async def test_the_keyring_opens_the_vault_without_asking(self, session: Session) -> None:
        vault = await session.start()
        await vault.unlock()
        await vault.put(WORK, login("A"))
        vault = await session.start()
        assert (vault.backend, vault.locked) == ("keyring", True)
        await vault.unlock()
        assert await vault.get(WORK) == login("A")

    async def test_a_passphrase_that_was_given_is_chosen(self, session: Session) -> None:
        vault = await session.start()
        await vault.unlock(passphrase=PASSPHRASE)
        assert vault.slots == {SlotKind.PASSPHRASE}

    async def test_the_keyring_holds_no_key_that_opens_the_file_alone(
        self, session: Session
    ) -> None:
        vault = await session.start()
        await vault.unlock()
        backend = session.backend
        assert isinstance(backend, FakeSecretService)
        (entry,) = backend.entries.values()
        assert vault._key is not None
        assert vault._key.hex() not in entry

    async def test_a_keyring_that_is_gone_locks_the_vault(self, session: Session) -> None:
        vault = await session.start()
        await vault.unlock()
        session.backend = NoKeyring()  # type: ignore[no-untyped-call]
        vault = await session.start()
        error = await fails("locked", ExitCode.LOCKED, vault)
        assert "there is no native keyring" in error.message

    @pytest.mark.parametrize("entry", [None, "bm90IGl0", "not base64 at all"])
    async def test_an_entry_that_is_lost_or_changed_locks_the_vault(
        self, session: Session, entry: str | None
    ) -> None:
        vault = await session.start()
        await vault.unlock()
        await vault.put(WORK, login("A"))
        backend = session.backend
        assert isinstance(backend, FakeSecretService)
        kept = dict(backend.entries)
        backend.entries = {} if entry is None else dict.fromkeys(kept, entry)
        vault = await session.start()
        await fails("locked", ExitCode.LOCKED, vault)
        backend.entries = kept
        await vault.unlock()
        assert await vault.get(WORK) == login("A")

    async def test_a_keyring_that_forgets_what_it_is_told_is_not_used(
        self, session: Session
    ) -> None:
        session.backend = FakeSecretService(forgets=True)
        vault = await session.start()
        error = await fails("no_key_slot", ExitCode.LOCKED, vault)
        assert "did not keep" in error.message
        assert vault.backend == "none"


class TestDamage:
    async def test_a_row_moved_to_another_account_does_not_open(
        self, session: Session, vault: Vault
    ) -> None:
        await vault.put(WORK, login("A"))
        session.sql("UPDATE secret SET account = ?", HOME)
        vault = await session.start()
        await vault.unlock(passphrase=PASSPHRASE)
        with pytest.raises(CoreError) as failure:
            await vault.get(HOME)
        assert (failure.value.code, failure.value.exit_code) == (
            "login_damaged",
            ExitCode.SIGN_IN_NEEDED,
        )

    async def test_an_older_row_put_back_under_a_newer_number_does_not_open(
        self, session: Session, vault: Vault
    ) -> None:
        await vault.put(WORK, login("A", 1))
        ((old,),) = session.sql("SELECT sealed FROM secret")
        await vault.put(WORK, login("A", 2))
        session.sql("UPDATE secret SET sealed = ?", old)
        vault = await session.start()
        await vault.unlock(passphrase=PASSPHRASE)
        with pytest.raises(CoreError) as failure:
            await vault.get(WORK)
        assert failure.value.code == "login_damaged"

    async def test_a_new_sign_in_heals_a_damaged_login(
        self, session: Session, vault: Vault
    ) -> None:
        await vault.put(WORK, login("A", 4))
        session.sql("UPDATE secret SET sealed = x'00'")
        vault = await session.start()
        await vault.unlock(passphrase=PASSPHRASE)
        assert (await vault.put(WORK, login("B", 1))).generation == 5
        assert await vault.get(WORK) == replace(login("B"), generation=5)

    async def test_a_slot_of_a_later_version_is_left_alone(
        self, session: Session, vault: Vault
    ) -> None:
        session.sql("INSERT INTO slot VALUES ('tpm', '{}', x'00', '')")
        vault = await session.start()
        assert vault.slots == {SlotKind.PASSPHRASE}


async def test_no_piece_of_a_secret_is_ever_on_the_disk(session: Session, vault: Vault) -> None:
    secrets = [PASSPHRASE]
    wanted = set[bytes]()

    def search() -> None:
        for name, content in everything_under(session.path.parent).items():
            found = [piece for piece in wanted if piece in content]
            assert not found, f"{name}: {len(found)} pieces of secrets"

    for generation in range(1, 30):
        tokens = login(f"canary-{generation:04d}-0123456789abcdef", generation)
        secrets += [tokens.id_token, tokens.access_token, tokens.refresh_token]
        wanted |= {piece for secret in secrets[-3:] for piece in pieces(secret)}
        await vault.put(WORK if generation % 2 else HOME, tokens)
    secrets.append(code := await vault.make_recovery_code())
    wanted |= pieces(code) | pieces(code.replace("-", "")) | pieces(PASSPHRASE)
    assert vault._key is not None
    wanted |= {vault._key[:12], vault._key.hex()[:12].encode()}
    search()  # with -wal and -shm as they are
    await vault.remove(HOME)
    await session.end()
    search()


async def test_a_secret_is_not_in_what_is_printed_of_the_vault(vault: Vault) -> None:
    stored: Credentials = await vault.put(WORK, login("canary"))
    for text in (repr(vault), str(stored), repr(stored)):
        assert not [piece for piece in pieces(stored.refresh_token) if piece.decode() in text]
