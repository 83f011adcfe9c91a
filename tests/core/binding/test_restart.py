"""A restart that was announced: Codex stays bound while it is awaited, and not for longer."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.binding.guard import Guard
from core.binding.places import Places
from core.binding.restart import GRACE, announce_restart, restart_awaited
from core.storage.lock import OwnerLock
from tests.core.binding.homes import PORT, Place
from tests.core.binding.machine import soon
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    (tmp_path / "turntable" / "run").mkdir(parents=True, mode=0o700)
    return place


@pytest.fixture
def root(place: Place) -> Path:
    return place.root / "turntable"


@pytest.fixture
def guard(root: Path, clock: FakeClock) -> Iterator[threading.Thread]:
    """Not started yet; it goes as soon as a test's clock lets it."""
    thread = threading.Thread(
        target=Guard(root, clock=clock, linger_s=0.0).run, name="guard", daemon=True
    )
    yield thread
    clock.advance(GRACE)
    thread.join(10)
    assert not thread.is_alive()


def test_an_announced_restart_is_waited_for_and_then_codex_is_given_back(
    place: Place, root: Path, clock: FakeClock, guard: threading.Thread
) -> None:
    before = place.files()
    place.binder(clock=clock).bind(place.home, PORT)
    bound = place.files()
    announce_restart(root, clock.now())
    guard.start()
    soon(lambda: not (root / "run" / "restart").exists())
    clock.advance(GRACE - timedelta(seconds=1))
    guard.join(0.3)
    assert place.files() == bound
    clock.advance(timedelta(seconds=2))
    soon(lambda: place.files() == before)


def test_an_owner_that_is_back_in_time_finds_codex_bound(
    place: Place, root: Path, clock: FakeClock, guard: threading.Thread
) -> None:
    place.binder(clock=clock).bind(place.home, PORT)
    bound = place.files()
    announce_restart(root, clock.now())
    guard.start()
    soon(lambda: not (root / "run" / "restart").exists())
    with OwnerLock(Places(root).owner_lock, mode="serve") as owner:
        assert owner.try_acquire()
        guard.join(0.3)
        clock.advance(GRACE * 2)
        guard.join(0.3)
        assert place.files() == bound, "it waits for the end of the new owner"


@pytest.mark.parametrize(
    ("note", "left"),
    [
        pytest.param(None, 0, id="nothing was announced"),
        pytest.param("", 0, id="an empty note"),
        pytest.param("soon", 0, id="no time"),
        pytest.param("2030-01-01T00:00:00", 0, id="a time without a zone"),
    ],
)
def test_a_note_that_says_nothing_counts_for_nothing(
    root: Path, clock: FakeClock, note: str | None, left: float
) -> None:
    if note is not None:
        (root / "run" / "restart").write_text(note)
    assert restart_awaited(root, clock.now()).total_seconds() == left
    assert not (root / "run" / "restart").exists()


@pytest.mark.parametrize(
    ("passed", "left"),
    [
        pytest.param(timedelta(seconds=20), 100, id="in time"),
        pytest.param(timedelta(seconds=121), 0, id="too late"),
        pytest.param(timedelta(days=-1), 0, id="the clock was set back"),
    ],
)
def test_the_time_is_two_minutes_by_any_clock(
    root: Path, clock: FakeClock, passed: timedelta, left: float
) -> None:
    announce_restart(root, clock.now())
    assert restart_awaited(root, clock.now() + passed).total_seconds() == left
