"""The OS keyring is used when it is native and answers; anything else is said."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring

from core.storage.keys import SERVICE, KeyringUnavailableError, SystemKeyring, native_of
from tests.core.storage.native_keyring import FakeSecretService
from tests.fakes.desktop import Desktop

ENTRY = bytes(range(32))


class PlaintextKeyring(FakeSecretService):
    """It works, but it is none of the operating system's."""


class Chain(ChainerBackend):
    """A chain of these links."""

    links: tuple[KeyringBackend, ...] = ()
    viable = False

    @property
    def backends(self) -> list[KeyringBackend]:
        return list(self.links)


Chain.__module__ = ChainerBackend.__module__


def made(kind: Any) -> KeyringBackend:
    backend: KeyringBackend = kind()
    return backend


def chain(*links: KeyringBackend) -> KeyringBackend:
    backend = made(Chain)
    backend.links = links  # type: ignore[attr-defined]
    return backend


def keyring_of(backend: KeyringBackend, answer_s: float = 5) -> SystemKeyring:
    return SystemKeyring(backend=lambda: backend, answer_s=answer_s)


@pytest.mark.parametrize("kind", [NoKeyring, NullKeyring, PlaintextKeyring])
def test_a_back_end_that_keeps_nothing_or_keeps_it_open_is_refused(kind: Any) -> None:
    for backend in (made(kind), chain(made(kind)), chain()):
        with pytest.raises(KeyringUnavailableError, match="no native keyring"):
            native_of(backend)


def test_the_native_link_of_a_chain_is_used_and_no_other() -> None:
    native = FakeSecretService()
    assert native_of(chain(made(PlaintextKeyring), native)) is native


async def test_an_entry_comes_back_until_it_is_deleted() -> None:
    keyring = keyring_of(FakeSecretService())
    assert await keyring.get("vault") is None
    await keyring.set("vault", ENTRY)
    assert await keyring.get("vault") == ENTRY
    await keyring.delete("vault")
    await keyring.delete("vault")
    assert await keyring.get("vault") is None
    keyring.close()


async def test_a_locked_keyring_is_a_reason_not_a_crash() -> None:
    keyring = keyring_of(FakeSecretService(locked=True))
    with pytest.raises(KeyringUnavailableError, match="KeyringLocked"):
        await keyring.get("vault")
    keyring.close()


async def test_a_keyring_that_waits_for_its_owner_does_not_hold_us() -> None:
    answered = threading.Event()
    native = FakeSecretService()
    native.entries[SERVICE, "vault"] = "AAEC"

    def prompts() -> KeyringBackend:
        answered.wait(10)
        return native

    keyring = SystemKeyring(backend=prompts, answer_s=0.05)
    for _ in range(2):
        with pytest.raises(KeyringUnavailableError, match="does not answer"):
            await keyring.get("vault")
    answered.set()
    keyring = SystemKeyring(backend=prompts, answer_s=5)
    assert await keyring.get("vault") == b"\x00\x01\x02"
    keyring.close()


async def test_the_loop_runs_on_while_a_keyring_thinks() -> None:
    go_on = threading.Event()
    turns = 0

    def slow() -> KeyringBackend:
        go_on.wait(10)
        return FakeSecretService()

    keyring = SystemKeyring(backend=slow, answer_s=5)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(keyring.get("vault"))
        for _ in range(100):
            await asyncio.sleep(0)
            turns += 1
        assert not asking.done()
        go_on.set()
    assert turns == 100
    keyring.close()


ASK = """
import asyncio, sys
from core.storage.keys import KeyringUnavailableError, SystemKeyring

async def ask():
    keyring = SystemKeyring(answer_s=3)
    try:
        match sys.argv[1:]:
            case ["set", entry]:
                await keyring.set("fake-vault", bytes.fromhex(entry))
            case ["get"]:
                entry = await keyring.get("fake-vault")
                print("nothing" if entry is None else entry.hex())
            case ["delete"]:
                await keyring.delete("fake-vault")
    except KeyringUnavailableError as error:
        print(f"unavailable: {error}")

asyncio.run(ask())
"""


def ask(desktop: Desktop, *question: str, **environment: str) -> str:
    """Ask the session's keyring as our program does, in a process that belongs to the session."""
    command = (sys.executable, "-W", "ignore", "-c", ASK, *question)
    answer = subprocess.run(
        command,
        env=desktop.env | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return answer.stdout.strip()


def lock_collection(desktop: Desktop) -> None:
    desktop.run(
        "dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets",
        "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock",
        "array:objpath:/org/freedesktop/secrets/collection/login",
    )  # fmt: skip


def unlock_collection(desktop: Desktop) -> None:
    """As the login does: a new daemon that is given the password."""
    before = owner_of_secrets(desktop)
    keyring = desktop.start(
        "gnome-keyring-daemon", "--replace", "--foreground", "--unlock", "--components=secrets",
        stdin=subprocess.PIPE,
    )  # fmt: skip
    assert keyring.stdin is not None
    keyring.stdin.write(b"fake-keyring-password")
    keyring.stdin.close()
    desktop.wait_until(lambda: owner_of_secrets(desktop) not in ("", before), "the new daemon")


def owner_of_secrets(desktop: Desktop) -> str:
    command = (
        "dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/",
        "org.freedesktop.DBus.GetNameOwner", "string:org.freedesktop.secrets",
    )  # fmt: skip
    answer = subprocess.run(command, env=desktop.env, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


@pytest.mark.desktop
class TestRealSecretService:
    """Each question is a process of its own: what a program of the session would get."""

    def test_an_entry_is_kept_by_the_desktop(self, desktop: Desktop) -> None:
        assert ask(desktop, "get") == "nothing"
        assert ask(desktop, "set", "01" * 32) == ""
        assert ask(desktop, "set", "02" * 32) == ""
        assert ask(desktop, "get") == "02" * 32
        assert ask(desktop, "delete") == ""
        assert ask(desktop, "get") == "nothing"

    def test_a_locked_collection_is_said_and_works_again_when_it_is_opened(
        self, tmp_path: Path
    ) -> None:
        with Desktop(tmp_path / "session") as desktop:
            ask(desktop, "set", "03" * 32)
            lock_collection(desktop)
            # It asks its owner for the password; here nobody is there to type it.
            assert ask(desktop, "get") == "unavailable: it is locked, or does not answer"
            unlock_collection(desktop)
            assert ask(desktop, "get") == "03" * 32

    def test_a_keyring_that_the_user_switched_off_is_not_used(self, desktop: Desktop) -> None:
        off = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        assert ask(desktop, "get", **off) == "unavailable: there is no native keyring"

    def test_without_a_session_there_is_none(self, desktop: Desktop) -> None:
        nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
        assert ask(desktop, "get", **nowhere) == "unavailable: there is no native keyring"
