"""The binds of a running program: who may call, and what is taken up and given back."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.binding.leases import STALE_FOR, Leases
from core.binding.run_once import Runs
from core.domain.binding import BindState, UndoResult
from tests.core.binding.homes import PORT, TYPICAL, Place
from tests.fakes.clock import FakeClock


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def make_leases(place: Place, clock: FakeClock) -> Leases:
    runs = Runs(place.lock.parent, random_bytes=place.random_bytes)
    return Leases(place.binder(clock=clock), clock=clock, runs=runs)


@pytest.fixture
async def leases(place: Place, clock: FakeClock) -> AsyncIterator[Leases]:
    leases = make_leases(place, clock)
    yield leases
    leases.close()


async def next_start(place: Place, clock: FakeClock) -> Leases:
    """The same machine after a restart of the program."""
    return make_leases(place, clock)


def stale(leases: Leases) -> list[bool]:
    return [lease.stale_until is not None for lease in leases.secrets]


async def test_before_a_bind_nobody_may_call(leases: Leases) -> None:
    assert leases.secrets == ()
    assert leases.last_port is None


async def test_a_bind_lets_its_codex_in(leases: Leases, place: Place) -> None:
    receipt = await leases.bind(place.home, PORT)

    (lease,) = leases.secrets
    assert (lease.secret, lease.bind_id) == (receipt.secret, receipt.bind_id)
    assert (lease.codex_home, lease.stale_until) == (place.home, None)
    assert leases.last_port == PORT
    assert (await leases.status(place.home)).state is BindState.BOUND


async def test_a_secret_is_never_shown(leases: Leases, place: Place) -> None:
    receipt = await leases.bind(place.home, PORT)

    assert receipt.secret.value not in f"{leases.secrets!r} {leases.secrets}"


async def test_binding_again_changes_nothing(leases: Leases, place: Place) -> None:
    await leases.bind(place.home, PORT)
    before = leases.secrets

    receipt = await leases.bind(place.home, PORT)

    assert not receipt.changed
    assert leases.secrets == before


async def test_a_rotated_secret_is_stale_for_a_day_and_then_unknown(
    leases: Leases, place: Place, clock: FakeClock
) -> None:
    first = await leases.bind(place.home, PORT)
    second = await leases.bind(place.home, PORT, rotate=True)

    assert {lease.secret: lease.stale_until for lease in leases.secrets} == {
        first.secret: clock.now() + STALE_FOR,
        second.secret: None,
    }

    clock.advance(STALE_FOR)
    third = await leases.bind(place.home, PORT, rotate=True)

    assert {lease.secret for lease in leases.secrets} == {second.secret, third.secret}


async def test_an_unbind_tells_open_chats_for_a_day_that_it_ended(
    leases: Leases, place: Place, clock: FakeClock
) -> None:
    await leases.bind(place.home, PORT)

    receipt = await leases.unbind(place.home)

    assert receipt.result is UndoResult.RESTORED
    assert place.config.read_bytes() == TYPICAL
    assert [lease.stale_until for lease in leases.secrets] == [clock.now() + STALE_FOR]


async def test_a_stale_secret_is_not_made_young_again(
    leases: Leases, place: Place, clock: FakeClock
) -> None:
    await leases.bind(place.home, PORT)
    await leases.unbind(place.home)
    ends = leases.secrets[0].stale_until
    clock.advance(timedelta(hours=1))

    await leases.bind(place.home, PORT)
    await leases.unbind(place.home)

    assert ends in [lease.stale_until for lease in leases.secrets]


async def test_a_lease_that_was_left_alone_still_counts(leases: Leases, place: Place) -> None:
    await leases.bind(place.home, PORT)
    text = place.config.read_text("utf-8").replace("127.0.0.1", "localhost")
    place.config.write_text(text, "utf-8")

    receipt = await leases.unbind(place.home)

    assert receipt.result is UndoResult.LEFT_ALONE
    assert stale(leases) == [False]


async def test_another_homes_secret_is_not_touched(
    leases: Leases, place: Place, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await leases.bind(place.home, PORT)
    await leases.bind(other, PORT)

    await leases.unbind(place.home)

    assert {lease.codex_home: lease.stale_until is None for lease in leases.secrets} == {
        place.home: False,
        other: True,
    }


async def test_a_lease_lapses_at_the_end_and_is_taken_up_at_the_next_start(
    leases: Leases, place: Place, clock: FakeClock
) -> None:
    receipt = await leases.bind(place.home, PORT)

    assert await leases.lapse() == ()
    assert place.config.read_bytes() == TYPICAL

    after = await next_start(place, clock)
    assert after.last_port == PORT
    assert await after.recover() == ()
    await after.take_up(PORT + 1)
    assert after.troubles == ()
    assert [lease.secret for lease in after.secrets] == [receipt.secret]
    assert (await after.status(place.home)).port == PORT + 1
    after.close()


async def test_a_home_that_its_user_unbound_is_not_taken_up(
    leases: Leases, place: Place, clock: FakeClock
) -> None:
    await leases.bind(place.home, PORT)
    await leases.unbind(place.home)

    after = await next_start(place, clock)
    await after.take_up(PORT)

    assert after.secrets == ()
    assert place.config.read_bytes() == TYPICAL
    after.close()


async def test_a_home_whose_key_somebody_changed_is_not_bound_unasked(
    leases: Leases, place: Place, clock: FakeClock
) -> None:
    await leases.bind(place.home, PORT)
    theirs = place.config.read_bytes().replace(b"127.0.0.1", b"localhost")
    place.config.write_bytes(theirs)

    after = await next_start(place, clock)
    await after.take_up(PORT)

    assert place.config.read_bytes() == theirs
    assert after.secrets == ()
    after.close()


async def test_one_home_that_cannot_be_bound_does_not_keep_the_others_from_it(
    leases: Leases, place: Place, tmp_path: Path, clock: FakeClock
) -> None:
    others = [tmp_path / "other-1", tmp_path / "other-2"]
    for other in others:
        other.mkdir()
        await leases.bind(other, PORT)
    await leases.bind(place.home, PORT)
    await leases.lapse()
    place.config.write_bytes(b"not = [toml")

    after = await next_start(place, clock)
    await after.take_up(PORT)

    (trouble,) = after.troubles
    assert str(place.config) in trouble.message
    assert {lease.codex_home for lease in after.secrets} == set(others)

    place.config.write_bytes(TYPICAL)
    await after.bind(place.home, PORT)
    assert after.troubles == ()
    after.close()


async def test_a_home_that_cannot_be_given_back_is_told_and_the_others_are(
    leases: Leases, place: Place, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await leases.bind(place.home, PORT)
    await leases.bind(other, PORT)
    place.config.write_bytes(place.config.read_bytes() + b"not = [toml")

    (trouble,) = await leases.lapse()

    assert str(place.config) in trouble.message
    assert not (other / "config.toml").exists()


async def test_a_plan_writes_nothing(leases: Leases, place: Place) -> None:
    plan = await leases.plan(place.home, PORT)

    assert "openai_base_url" in plan.diff
    assert place.config.read_bytes() == TYPICAL
    assert leases.secrets == ()
