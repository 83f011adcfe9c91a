"""kill -9 at any instruction: what was promised is there, and the rest is whole."""

import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.runtime.clock import SystemClock
from core.storage.database import open_database
from core.storage.schema import VAULT_SCHEMA
from core.storage.store import load_store, read_store
from core.storage.vault import load_vault
from tests.core.storage.killed import PASSPHRASE, WORK
from tests.core.storage.samples import CHEAP, account, login
from tests.fakes.process import die_with_parent

STATEMENTS = [
    ("BEGIN", 1),
    ("INSERT OR IGNORE INTO vault", 1),
    ("INSERT OR REPLACE INTO slot", 1),
    ("INSERT OR REPLACE INTO refresh_intent", 1),
    ("INSERT OR REPLACE INTO refresh_intent", 3),
    ("INSERT INTO secret", 1),
    ("INSERT INTO secret", 3),
    ("DELETE FROM refresh_intent", 2),
    ("INSERT OR REPLACE INTO state", 1),
    ("INSERT OR REPLACE INTO state", 2),
    ("INSERT OR REPLACE INTO state", 5),
    *(("COMMIT", count) for count in range(1, 9)),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How far a program had come."""

    account: int = 0
    login: int = 0


def run_until_killed(home: Path, *where: str, lines: int = 0) -> Kept:
    """What the program had promised when it died: at `where`, or some time after `lines` lines."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.core.storage.killed", str(home), *where],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call, no lock
    )
    assert program.stdout is not None
    promised = {"account": 0, "login": 0}
    for count, line in enumerate(program.stdout, start=1):
        kind, number = line.split()
        promised[kind] = int(number)
        if count == lines:
            program.kill()
    program.stdout.close()
    assert program.wait() == -9
    return Kept(**promised)


async def look(home: Path) -> Kept:
    """What the next start finds; fails when it is not whole, or a reader finds something else."""
    read = read_store(home / "vault.db")
    database = await open_database(home / "vault.db", VAULT_SCHEMA)
    store = await load_store(database, publish=lambda _: None)
    assert store.damaged == ()
    assert read.state == store.state
    accounts = list(store.state.accounts.values())
    assert accounts == [account(number) for number in range(1, len(accounts) + 1)]
    assert store.state.next_number == len(accounts) + 1
    vault = await load_vault(database, clock=SystemClock(), cost=CHEAP)
    await vault.unlock(passphrase=PASSPHRASE)
    found = await vault.get(WORK)
    generation = 0 if found is None else found.generation
    assert found in (None, login("A", generation))
    assert await vault.doubtful() in ({}, {WORK: generation})
    await store.close()
    await vault.close()
    await database.close()
    return Kept(account=len(accounts), login=generation)


def assert_kept(promised: Kept, found: Kept) -> None:
    """What was promised is there; one more of each may be: committed, and killed before saying."""
    assert promised.account <= found.account <= promised.account + 1
    assert promised.login <= found.login <= promised.login + 1


@pytest.mark.timeout(60)
async def test_death_at_random_moments_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    for _ in range(12):
        promised = run_until_killed(tmp_path, lines=random.randint(2, 60))
        assert_kept(promised, await look(tmp_path))


@pytest.mark.parametrize(("word", "count"), STATEMENTS, ids=str)
async def test_death_right_before_a_statement_loses_nothing_that_was_promised(
    tmp_path: Path, word: str, count: int
) -> None:
    promised = run_until_killed(tmp_path, word, str(count))
    assert_kept(promised, await look(tmp_path))
