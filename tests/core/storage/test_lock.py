"""One process owns a data folder, and the kernel knows when it has ended."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.storage.lock import Holder, OwnerLock, holder
from tests.fakes.process import die_with_parent

OWN = """
import sys, time
from pathlib import Path
from core.storage.lock import OwnerLock

lock = OwnerLock(Path(sys.argv[1]), mode="serve")
print(lock.try_acquire(), flush=True)
sys.stdin.readline()
lock.release()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "run" / "owner.lock"


class Owner:
    """Another process that has the lock."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWN, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call, no lock
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "True\n"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def owner(path: Path) -> Iterator[Owner]:
    owner = Owner(path)
    yield owner
    owner.end()


def waiting_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "owner lock"]


async def waiting_has_ended() -> None:
    for thread in waiting_threads():
        await asyncio.get_running_loop().run_in_executor(None, thread.join, 5)
    assert not waiting_threads()


def test_the_first_one_owns_the_folder(path: Path) -> None:
    with OwnerLock(path, mode="tray") as first, OwnerLock(path, mode="serve") as second:
        assert first.try_acquire()
        assert first.try_acquire()
        assert not second.try_acquire()
        assert (first.held, second.held) == (True, False)


def test_it_says_who_it_is(path: Path) -> None:
    with OwnerLock(path, mode="tray") as lock:
        assert holder(path) is None
        lock.try_acquire()
        assert holder(path) == Holder(pid=os.getpid(), mode="tray")
    assert holder(path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x", "mode": 3}', '{"pid": 1}'])
def test_a_file_that_says_nothing_of_use_is_no_error(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert holder(path) is None
    with OwnerLock(path, mode="tray") as lock:
        assert lock.try_acquire()


def test_nobody_else_can_read_the_file(path: Path) -> None:
    with OwnerLock(path, mode="tray") as lock:
        lock.try_acquire()
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_next_one_gets_it_when_it_is_released(path: Path) -> None:
    first, second = OwnerLock(path, mode="tray"), OwnerLock(path, mode="serve")
    first.try_acquire()
    first.release()
    first.release()
    assert second.try_acquire()
    second.release()


def test_kill_9_releases_it(path: Path, owner: Owner) -> None:
    with OwnerLock(path, mode="tray") as lock:
        assert not lock.try_acquire()
        assert holder(path) == Holder(pid=owner.process.pid, mode="serve")
        owner.kill()
        owner.process.wait()
        assert lock.try_acquire()
        assert holder(path) == Holder(pid=os.getpid(), mode="tray")


async def test_who_waits_gets_it_when_the_owner_is_killed(path: Path, owner: Owner) -> None:
    with OwnerLock(path, mode="tray") as lock:
        asyncio.get_running_loop().call_later(0.05, owner.kill)
        assert await lock.wait_acquire(5)
        assert lock.held


async def test_who_waits_in_vain_is_told_and_can_ask_again(path: Path, owner: Owner) -> None:
    with OwnerLock(path, mode="tray") as lock:
        assert not await lock.wait_acquire(0.02)
        assert not await lock.wait_acquire(0.02)
        assert len(waiting_threads()) == 1
        owner.kill()
        assert await lock.wait_acquire(5)
    await waiting_has_ended()


async def test_a_wait_that_was_given_up_keeps_nobody_out(path: Path, owner: Owner) -> None:
    lock = OwnerLock(path, mode="tray")
    assert not await lock.wait_acquire(0.02)
    owner.kill()
    await waiting_has_ended()
    assert not lock.held
    with OwnerLock(path, mode="serve") as other:
        assert other.try_acquire()


async def test_a_wait_that_was_cancelled_keeps_nobody_out(path: Path, owner: Owner) -> None:
    lock = OwnerLock(path, mode="tray")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(lock.wait_acquire(None))
        asyncio.get_running_loop().call_later(0.02, waiting.cancel)
    owner.kill()
    await waiting_has_ended()
    with OwnerLock(path, mode="serve") as other:
        assert other.try_acquire()


def test_a_lock_on_a_deleted_file_does_not_count(path: Path) -> None:
    with OwnerLock(path, mode="tray") as first, OwnerLock(path, mode="serve") as second:
        assert first.try_acquire()
        first.release()
        path.unlink()
        assert second.try_acquire()
        assert not first.try_acquire()


async def test_who_waits_on_a_file_that_is_replaced_locks_the_new_one(
    path: Path, owner: Owner
) -> None:
    with OwnerLock(path, mode="tray") as lock:
        assert not await lock.wait_acquire(0.02)
        path.rename(path.with_name("old"))
        owner.kill()
        assert await lock.wait_acquire(5)
        assert holder(path) == Holder(pid=os.getpid(), mode="tray")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(CoreError):
        OwnerLock(tmp_path / "home" / "run" / "owner.lock", mode="tray").try_acquire()


async def test_a_folder_that_goes_while_we_wait_is_said(path: Path, owner: Owner) -> None:
    lock = OwnerLock(path, mode="tray")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(fails_to_wait(lock))
        await asyncio.sleep(0)
        path.parent.rename(path.parent.with_name("gone"))
        path.parent.write_text("a file where the folder should be")
        owner.kill()
    assert waiting.result()
    await waiting_has_ended()


async def fails_to_wait(lock: OwnerLock) -> bool:
    with pytest.raises(CoreError):
        await lock.wait_acquire(5)
    return not lock.held


def test_a_child_does_not_keep_the_lock_of_its_dead_parent(path: Path) -> None:
    with OwnerLock(path, mode="serve") as lock:
        lock.try_acquire()
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        lock.release()
        with OwnerLock(path, mode="tray") as next_one:
            assert next_one.try_acquire()
        child.communicate(b"\n")
