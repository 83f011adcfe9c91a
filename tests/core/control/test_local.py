"""Watching the engine of one's own process: each change once, and none is missed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.app import App
from core.control.codec import to_json
from core.control.local import BURST_S, LocalFacade
from core.domain.account import AccountId
from core.domain.errors import CoreError, ExitCode
from core.domain.events import BindChanged, RequestEnded, ShowRequested
from core.domain.observed import Lesson, learn_outcome, learn_quota
from core.domain.outcome import Limited, LimitReason
from core.domain.report import StatusReport
from core.domain.state import Rotation, RotationMode, put_account, steer
from tests.core.control.apps import make_app
from tests.core.domain.test_quota import quota, window
from tests.core.routing.pool import account
from tests.fakes.clock import START, FakeClock

A = AccountId("A")
SOON = START + timedelta(seconds=0.05)
CHANGED = BindChanged(state="bound")
ENDED = RequestEnded(request="req_1", account=A, result="served")


@pytest.fixture
async def app(tmp_path: Path, clock: FakeClock) -> AsyncIterator[App]:
    app = make_app(tmp_path, clock)
    await app.hold("serve")
    await app.folder.store.change(put_account(account("A", 1)))
    yield app
    await app.close()


async def seen_until_stopped(app: App, watch: AsyncIterator[object]) -> list[object]:
    """What is still seen once the app was asked to stop."""
    app.request_stop()
    async with asyncio.timeout(2):
        return [type(seen) async for seen in watch]


async def test_the_snapshot_is_seen_at_once(app: App) -> None:
    facade = LocalFacade(app)
    watch = facade.watch()

    assert await anext(watch) == await facade.status()
    await watch.aclose()


async def test_a_burst_of_changes_is_seen_as_one(app: App) -> None:
    watch = LocalFacade(app).watch()
    await anext(watch)
    app.bus.publish(*[CHANGED] * 100)

    assert isinstance(await anext(watch), StatusReport)
    assert await seen_until_stopped(app, watch) == []


async def test_a_request_that_has_ended_is_a_change(app: App) -> None:
    watch = LocalFacade(app).watch()
    await anext(watch)
    app.bus.publish(ENDED)

    assert isinstance(await anext(watch), StatusReport)
    await watch.aclose()


async def test_it_is_none_to_who_does_not_watch_the_traffic(app: App) -> None:
    watch = LocalFacade(app).watch(traffic=False)
    await anext(watch)
    waiting = asyncio.ensure_future(anext(watch))
    app.bus.publish(ENDED)

    done, _ = await asyncio.wait([waiting], timeout=4 * BURST_S)
    assert not done
    app.bus.publish(CHANGED)
    assert isinstance(await waiting, StatusReport)
    await watch.aclose()


async def test_a_change_while_the_face_was_busy_is_not_missed(app: App) -> None:
    watch = LocalFacade(app).watch()
    first = await anext(watch)
    await app.folder.store.change(put_account(account("B", 2)))

    second = await anext(watch)

    assert isinstance(first, StatusReport)
    assert isinstance(second, StatusReport)
    assert [a.label for a in first.accounts] == ["A"]
    assert [a.label for a in second.accounts] == ["A", "B"]
    await watch.aclose()


async def test_a_wish_to_be_shown_is_told_once_and_before_the_snapshot(app: App) -> None:
    watch = LocalFacade(app).watch()
    await anext(watch)
    app.bus.publish(ShowRequested(), CHANGED, ShowRequested())

    assert await anext(watch) == ShowRequested()
    assert isinstance(await anext(watch), StatusReport)
    assert await seen_until_stopped(app, watch) == []


LIMIT = Limited(reason=LimitReason.USAGE_LIMIT, until=SOON)


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(learn_outcome(A, LIMIT, model="", now=START), id="a wait that ends"),
        pytest.param(
            learn_quota(A, quota(window(resets_at=SOON))), id="a window that is full again"
        ),
    ],
)
async def test_what_changes_by_the_clock_alone_is_seen(app: App, lesson: Lesson) -> None:
    app.folder.store.learn(lesson)
    watch = LocalFacade(app).watch()
    await anext(watch)

    async with asyncio.timeout(2):
        assert isinstance(await anext(watch), StatusReport)
    await watch.aclose()


async def test_so_is_the_end_of_a_stay(app: App) -> None:
    stay = Rotation(mode=RotationMode.STAY, account=A, until=SOON)
    await app.folder.store.change(steer(stay))
    watch = LocalFacade(app).watch()
    await anext(watch)

    async with asyncio.timeout(2):
        assert isinstance(await anext(watch), StatusReport)
    await watch.aclose()


async def test_a_stop_ends_the_watch_of_a_face_that_waits(app: App) -> None:
    watch = LocalFacade(app).watch()
    await anext(watch)
    waiting = asyncio.ensure_future(anext(watch, None))
    await asyncio.sleep(0)

    app.request_stop()

    async with asyncio.timeout(2):
        assert await waiting is None


async def test_an_app_that_stops_already_shows_nothing(app: App) -> None:
    app.request_stop()

    assert [seen async for seen in LocalFacade(app).watch()] == []


async def test_a_verb_answers_in_json(app: App) -> None:
    facade = LocalFacade(app)

    assert await facade.perform("status", {}) == to_json(await facade.status())


@pytest.mark.parametrize(
    ("verb", "arguments", "told"),
    [
        pytest.param("frob", {}, "There is no verb frob", id="an unknown verb"),
        pytest.param("status", {"colour": "red"}, "no argument colour", id="an unknown argument"),
    ],
)
async def test_what_is_not_in_the_table_is_told(
    app: App, verb: str, arguments: dict[str, str], told: str
) -> None:
    with pytest.raises(CoreError, match=told) as error:
        await LocalFacade(app).perform(verb, dict(arguments))

    assert error.value.exit_code is ExitCode.USAGE
