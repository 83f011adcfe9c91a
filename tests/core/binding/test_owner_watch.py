"""Who owns the data folder, as the kernel and the lock's content say."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.binding.owner_watch import OwnerWatch
from core.storage.lock import OwnerLock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "owner.lock"
    path.parent.mkdir(mode=0o700)
    return path


def seen_without_owner(path: Path) -> OwnerWatch:
    """A watch that has found the folder without owner."""
    watch = OwnerWatch(path)
    with watch.no_owner(wait=False) as free:
        assert free
    return watch


def test_an_owner_is_seen_while_it_lives_and_not_afterwards(path: Path) -> None:
    watch = OwnerWatch(path)
    with OwnerLock(path, mode="serve") as owner:
        assert owner.try_acquire()
        with watch.no_owner(wait=False) as free:
            assert not free
    with watch.no_owner(wait=False) as free:
        assert free


def test_no_owner_can_come_while_it_is_kept_out(path: Path) -> None:
    with OwnerWatch(path).no_owner(wait=True), OwnerLock(path, mode="serve") as owner:
        assert not owner.try_acquire()
    with OwnerLock(path, mode="serve") as owner:
        assert owner.try_acquire()


def test_the_end_of_an_owner_wakes_the_watch(path: Path) -> None:
    woken = threading.Event()

    def watch() -> None:
        with OwnerWatch(path).no_owner(wait=True):
            woken.set()

    with OwnerLock(path, mode="tray") as owner:
        assert owner.try_acquire()
        watcher = threading.Thread(target=watch)
        watcher.start()
        assert not woken.wait(0.1)
    watcher.join(5)
    assert woken.is_set()


@pytest.mark.parametrize(
    ("mode", "is_owner"), [("tray", True), ("serve", True), ("import", False), ("bind", False)]
)
def test_only_who_listens_counts_as_an_owner_that_is_back(
    path: Path, mode: str, is_owner: bool
) -> None:
    watch = seen_without_owner(path)
    assert not watch.owner_is_back()
    with OwnerLock(path, mode=mode) as lock:
        assert lock.try_acquire()
        assert watch.owner_is_back() is is_owner
    assert not watch.owner_is_back()


def test_an_owner_that_has_not_signed_yet_is_recognised_when_it_has(path: Path) -> None:
    watch = seen_without_owner(path)
    with OwnerLock(path, mode="serve") as lock:
        assert lock.try_acquire()
        signed = path.read_bytes()
        path.write_bytes(b"")
        assert not watch.owner_is_back()
        path.write_bytes(signed)
        assert watch.owner_is_back()


def test_a_lock_file_that_was_replaced_is_followed(path: Path) -> None:
    watch = seen_without_owner(path)
    path.unlink()
    with OwnerLock(path, mode="serve") as lock:
        assert lock.try_acquire()
        assert watch.owner_is_back()


def test_a_lock_file_that_was_removed_is_not_made_again(path: Path) -> None:
    """It would keep whoever removes the data folder from removing `run`."""
    watch = seen_without_owner(path)
    path.unlink()
    assert not watch.owner_is_back()
    path.parent.rmdir()


def test_a_data_folder_that_was_removed_has_no_owner(path: Path) -> None:
    watch = seen_without_owner(path)
    shutil.rmtree(path.parent)
    assert not watch.owner_is_back()
    with pytest.raises(FileNotFoundError), watch.no_owner(wait=True):
        pass


class Child:
    """A process that owns the folder as `mode` until it is killed."""

    def __init__(self, path: Path, mode: str) -> None:
        code = (
            "import sys, pathlib; from core.storage.lock import OwnerLock;"
            "OwnerLock(pathlib.Path(sys.argv[1]), mode=sys.argv[2]).try_acquire();"
            "print(flush=True); sys.stdin.read()"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, path, mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def close(self) -> int:
        self.process.communicate()
        return self.process.returncode


def test_an_owner_that_is_to_end_ends_even_when_it_is_stopped(path: Path) -> None:
    owner = Child(path, "serve")
    owner.process.send_signal(signal.SIGSTOP)
    watch, looks = OwnerWatch(path), []

    def look() -> None:
        looks.append(watch.end_owner())

    with watch.no_owner(wait=True, every_s=0.05, meanwhile=look) as free:
        assert free
    assert looks[0]
    assert owner.close() == -signal.SIGKILL


def test_a_verb_is_never_ended(path: Path) -> None:
    verb = Child(path, "import")
    assert not OwnerWatch(path).end_owner()
    assert verb.close() == 0


def test_a_process_that_only_has_the_number_of_an_owner_is_never_ended(path: Path) -> None:
    path.write_text(json.dumps({"pid": os.getpid(), "mode": "serve"}))
    assert not OwnerWatch(path).end_owner()


def test_who_waits_beside_something_else_hears_that_the_folder_is_gone(tmp_path: Path) -> None:
    watch = OwnerWatch(tmp_path / "gone" / "owner.lock")
    with pytest.raises(FileNotFoundError), watch.no_owner(wait=True, every_s=1):
        pass
