"""The real keyring of a desktop opens the logins; locked, emptied or gone it is a sentence.

A session of its own for each test: it is locked, and its entries are taken away.
"""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.standin.people import make_login
from core.standin.server import StandIn
from core.storage.keys import SERVICE
from tests.core.storage.test_keys import lock_collection, unlock_collection
from tests.fakes.desktop import Desktop
from tests.fakes.tokens import write_auth_json
from tests.journeys.turntable import Ran, Turntable

pytestmark = pytest.mark.desktop

NEW = "a new fake passphrase"
NOWHERE = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
_EMPTY = """
import sys, keyring
keyring.delete_password(*sys.argv[1:])
"""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Desktop]:
    with Desktop(tmp_path / "session") as desktop:
        yield desktop


@pytest.fixture
def turntable(tmp_path: Path, session: Desktop, back_end: StandIn, free_port: int) -> Turntable:
    """In the person's session, without any passphrase."""
    return Turntable(
        tmp_path / "turntable",
        session.env
        | {
            "CODEX_HOME": str(tmp_path / "codex"),
            "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
            "TURNTABLE_PROXY_PORT": str(free_port),
        },
    )


async def brought_in(turntable: Turntable, back_end: StandIn, tmp_path: Path) -> str:
    """A login that the keyring opens; the recovery code that came with it."""
    login = make_login("A")
    back_end.add(login)
    write_auth_json(tmp_path / "codex", login)
    code: str = (await turntable.done("import"))["recovery_code"]
    assert (await turntable.done("status"))["vault"] == {"backend": "keyring", "locked": False}
    return code


def kept(turntable: Turntable) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{turntable.home / 'vault.db'}?mode=ro", uri=True) as file:
        rows = [*file.execute("SELECT * FROM secret"), *file.execute("SELECT * FROM slot")]
    file.close()
    return rows


def passphrase_cost(turntable: Turntable) -> tuple[int, int, int]:
    """What one guess costs, as the slot has it."""
    with sqlite3.connect(f"file:{turntable.home / 'vault.db'}?mode=ro", uri=True) as file:
        query = "SELECT parameters FROM slot WHERE kind = 'passphrase'"
        ((parameters,),) = file.execute(query).fetchall()
    file.close()
    known = json.loads(parameters)
    return known["n"], known["r"], known["p"]


def assert_locked(ran: Ran) -> None:
    """A code, a sentence and what helps."""
    assert ran.exit_code == 7, ran.stdout + ran.stderr
    error = ran.json["error"]
    assert error["code"] == "locked"
    assert error["message"]
    assert error["hint"]
    assert "Traceback" not in ran.stderr


def empty(session: Desktop, turntable: Turntable) -> None:
    """Take our entry out of the keyring, as a person may by its own program."""
    with sqlite3.connect(f"file:{turntable.home / 'vault.db'}?mode=ro", uri=True) as file:
        ((name,),) = file.execute("SELECT id FROM vault").fetchall()
    file.close()
    command = [sys.executable, "-W", "ignore", "-c", _EMPTY, SERVICE, name]
    subprocess.run(command, env=session.env, check=True, capture_output=True, timeout=20)


async def test_a_keyring_that_is_gone_locks_and_changes_nothing(
    turntable: Turntable, back_end: StandIn, tmp_path: Path
) -> None:
    await brought_in(turntable, back_end, tmp_path)
    before = kept(turntable)
    assert_locked(await turntable.run("check", "--json", **NOWHERE))
    listed = await turntable.done("accounts", **NOWHERE)
    assert [one["label"] for one in listed["accounts"]] == ["a"]
    async with turntable.serve(**NOWHERE):
        assert (await turntable.done("status"))["vault"]["locked"] is True
    assert kept(turntable) == before
    assert (await turntable.run("check")).exit_code == 0, "and with its session it is open again"


async def test_a_locked_keyring_is_said_and_works_again_when_it_is_opened(
    turntable: Turntable, session: Desktop, back_end: StandIn, tmp_path: Path
) -> None:
    await brought_in(turntable, back_end, tmp_path)
    lock_collection(session)
    assert_locked(await turntable.run("check", "--json", timeout_s=60))
    await asyncio.to_thread(unlock_collection, session)
    assert (await turntable.run("check")).exit_code == 0


async def test_an_entry_that_was_taken_away_is_made_up_for_by_the_recovery_code(
    turntable: Turntable, session: Desktop, back_end: StandIn, tmp_path: Path
) -> None:
    code = await brought_in(turntable, back_end, tmp_path)
    empty(session, turntable)
    assert_locked(await turntable.run("check", "--json"))
    secrets = {"TURNTABLE_RECOVERY_CODE": code, "TURNTABLE_NEW_PASSPHRASE": NEW}
    await turntable.done("vault", "recover", **secrets)
    opened = {"TURNTABLE_PASSPHRASE": NEW}
    assert passphrase_cost(turntable) == (2**17, 8, 1), "what docs/security.md says"
    assert (await turntable.run("check", **opened)).exit_code == 0
    # The keyring once more; then everything under a new key, and the old code opens nothing.
    await turntable.done("vault", "add-keyring", **opened)
    assert (await turntable.run("check")).exit_code == 0
    fresh = (await turntable.done("vault", "rekey", **opened))["recovery_code"]
    assert fresh != code
    assert (await turntable.run("vault", "recover", **secrets)).exit_code != 0
    # And the keyring taken out by hand: the passphrase alone opens from then on.
    await turntable.done("vault", "remove", "keyring", **opened)
    assert_locked(await turntable.run("check", "--json"))
    assert (await turntable.run("check", **opened)).exit_code == 0
    assert (await turntable.done("verify", **opened))["health"] == "good"
