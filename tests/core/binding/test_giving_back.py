"""The undo on disks that fail, and without anybody who says how."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.binding.codex_toml import KEY
from core.binding.durable import Disk
from core.binding.giving_back import finish
from core.binding.journal import Journal
from core.domain.binding import BindState, LeaseState, UndoResult
from core.domain.errors import CoreError
from tests.core.binding.homes import PORT, TYPICAL, Place


@pytest.mark.parametrize(
    ("state", "forget", "bound_once", "notes"),
    [
        pytest.param(LeaseState.BOUND, False, True, [".json", ".secret"], id="bound: it lapses"),
        pytest.param(LeaseState.BINDING, False, True, [".json", ".secret"], id="re-bound: lapses"),
        pytest.param(LeaseState.BINDING, False, False, [], id="a first bind is forgotten"),
        pytest.param(LeaseState.UNBINDING, True, True, [], id="the user's unbind is finished"),
        pytest.param(LeaseState.UNBINDING, False, True, [".json", ".secret"], id="a lapse too"),
    ],
)
def test_an_undo_that_nobody_asked_for_ends_as_it_was_meant(
    tmp_path: Path, state: LeaseState, forget: bool, bound_once: bool, notes: list[str]
) -> None:
    place = Place(tmp_path)
    place.binder().bind(place.home, PORT)
    journal = Journal(place.binds, Disk())
    record = journal.load(place.home)
    assert record is not None
    record = replace(record, state=state, forget=forget, since=record.since if bound_once else None)
    journal.save(record)
    assert finish(Disk(), journal, record) is UndoResult.RESTORED
    assert place.config.read_bytes() == TYPICAL
    assert place.notes() == notes


def failing_from(nth: int, number: int) -> Callable[[str], None]:
    """A disk on which nothing can be written from the `nth` act on; removing still works."""
    calls = iter(range(1000))

    def step(act: str) -> None:
        if next(calls) >= nth and act.split(": ")[1] in {"create", "write", "sync", "make"}:
            raise OSError(number, os.strerror(number))

    return step


def outcome(act: Callable[[], object]) -> str:
    """The code that `act` is refused with; `done` when it is not."""
    try:
        act()
    except CoreError as error:
        return error.code
    return "done"


FAULTS = [
    (errno.ENOSPC, "disk_full"),
    (errno.EDQUOT, "disk_full"),
    (errno.EIO, "config_unreachable"),
    (errno.EROFS, "config_read_only"),
]


@pytest.mark.parametrize(("number", "code"), FAULTS)
def test_a_disk_that_fails_at_any_act_of_a_first_bind_leaves_nothing(
    tmp_path: Path, number: int, code: str
) -> None:
    ends = []
    while "done" not in ends:
        place = Place(tmp_path / str(len(ends)))
        before = place.files()
        binder = place.binder(step=failing_from(len(ends), number))
        ends.append(outcome(lambda binder=binder, place=place: binder.bind(place.home, PORT)))  # type: ignore[misc]
        place.binder().recover()
        if ends[-1] != "done":
            assert place.files() == before
            assert place.notes() == []
    assert set(ends[:-1]) == {code}
    assert len(ends) > 10


@pytest.mark.parametrize(("number", "code"), FAULTS)
def test_a_disk_that_fails_while_a_port_is_followed_leaves_a_whole_bind(
    tmp_path: Path, number: int, code: str
) -> None:
    ends = []
    while "done" not in ends:
        place = Place(tmp_path / str(len(ends)))
        before = place.files()
        place.binder().bind(place.home, PORT)
        bound = place.files()
        binder = place.binder(step=failing_from(len(ends), number))
        ends.append(outcome(lambda binder=binder, place=place: binder.bind(place.home, 9000)))  # type: ignore[misc]
        if code == "disk_full" and ends[-1] != "done":
            assert place.files() == bound
            assert place.binder().status(place.home).state is BindState.BOUND
        place.binder().recover()
        place.binder().unbind(place.home)
        assert place.files() == before
        assert place.notes() == []
    assert set(ends[:-1]) == {code}
    assert len(ends) > 6


@pytest.mark.parametrize("keep_secret", [False, True], ids=["ended", "lapsed"])
@pytest.mark.parametrize(("number", "code"), FAULTS)
def test_a_disk_that_fails_while_unbinding_is_waited_for(
    tmp_path: Path, number: int, code: str, keep_secret: bool
) -> None:
    ends: list[str] = []
    while len(ends) < 25:
        place = Place(tmp_path / str(len(ends)))
        before = place.files()
        place.binder().bind(place.home, PORT)
        binder = place.binder(step=failing_from(len(ends), number))
        ends.append(
            outcome(
                lambda binder=binder, place=place: binder.unbind(  # type: ignore[misc]
                    place.home, keep_secret=keep_secret
                )
            )
        )
        place.binder().recover()
        place.binder().unbind(place.home, keep_secret=keep_secret)
        assert place.files() == before
        assert place.notes() == ([".json", ".secret"] if keep_secret else [])
    # On a disk that is only full, the old file's own room is enough.
    assert set(ends) == ({"done"} if code == "disk_full" else {code, "done"})


@pytest.mark.parametrize("keep_secret", [False, True], ids=["ended", "lapsed"])
@pytest.mark.parametrize("config", [TYPICAL, None, f"{KEY} = 'http://localhost:1'".encode()])
def test_a_full_disk_does_not_lock_codex_out(
    tmp_path: Path, config: bytes | None, keep_secret: bool
) -> None:
    place = Place(tmp_path, config=config)
    before = place.files()
    place.binder().bind(place.home, PORT)
    full = place.binder(step=failing_from(0, errno.ENOSPC))
    assert full.unbind(place.home, keep_secret=keep_secret).result is UndoResult.RESTORED
    assert place.files() == before
    assert place.binder().status(place.home).state is BindState.UNBOUND
    assert place.notes() == ([".json", ".secret"] if keep_secret else [])
