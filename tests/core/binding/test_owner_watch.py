"""Who owns the data folder, as the kernel and the lock's content say."""

import shutil
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


def test_a_data_folder_that_was_removed_has_no_owner(path: Path) -> None:
    watch = seen_without_owner(path)
    shutil.rmtree(path.parent)
    assert not watch.owner_is_back()
    with pytest.raises(FileNotFoundError), watch.no_owner(wait=True):
        pass
