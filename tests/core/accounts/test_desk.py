"""A sign-in goes on by itself; faces ask for its steps, and one that nobody asks about ends."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import pytest

from core.accounts import desk as desk_module
from core.accounts.desk import Desk
from core.accounts.sign_in import JoinStep
from core.domain.errors import CoreError
from core.oauth.login import Redeeming, Visit

SOON_S = 0.01
LONG_S = 5.0
VISIT = Visit(url="http://127.0.0.1/authorize")


class Steps:
    """A sign-in that waits for what is pasted, and says how it was left."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.pasted = ""
        self.left = asyncio.Event()

    async def __call__(self, read: Callable[[], Awaitable[str]]) -> AsyncGenerator[JoinStep]:
        try:
            yield VISIT
            self.pasted = await read()
            if self.fails:
                raise CoreError("sign_in_denied", "The issuer said no.")
            yield Redeeming()
        finally:
            self.left.set()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk(draw=os.urandom)
    yield desk
    await desk.close()


async def test_steps_come_when_they_are_asked_for(desk: Desk) -> None:
    steps = Steps()
    name = desk.begin(steps)
    assert await desk.next(name, within_s=LONG_S) == VISIT
    assert await desk.next(name, within_s=SOON_S) is None, "nothing is pasted yet"
    desk.paste(name, "code#state")
    desk.paste(name, "something else")
    assert await desk.next(name, within_s=LONG_S) == Redeeming()
    assert steps.pasted == "code#state"


async def test_how_it_ended_is_said_once(desk: Desk) -> None:
    name = desk.begin(Steps(fails=True))
    desk.paste(name, "code#state")
    assert await desk.next(name, within_s=LONG_S) == VISIT
    with pytest.raises(CoreError, match="said no"):
        await desk.next(name, within_s=LONG_S)
    for ask in (lambda: desk.next(name, within_s=LONG_S), lambda: _paste(desk, name)):
        with pytest.raises(CoreError) as caught:
            await ask()
        assert caught.value.code == "no_such_sign_in"


async def _paste(desk: Desk, name: str) -> None:
    desk.paste(name, "code")


async def test_a_face_ends_it_and_its_port_is_free_at_once(desk: Desk) -> None:
    steps = Steps()
    name = desk.begin(steps)
    await desk.next(name, within_s=LONG_S)
    await desk.end(name)
    assert steps.left.is_set()
    await desk.end(name)


async def test_a_face_that_went_away_leaves_nothing_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "FORGOTTEN_S", 0.02)
    steps = Steps()
    name = desk.begin(steps)
    async with asyncio.timeout(LONG_S):
        await steps.left.wait()
    assert await desk.next(name, within_s=LONG_S) == VISIT
    with pytest.raises(CoreError, match="nobody waited"):
        await desk.next(name, within_s=LONG_S)


async def test_a_face_that_waits_keeps_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "FORGOTTEN_S", 0.2)
    steps = Steps()
    name = desk.begin(steps)
    await desk.next(name, within_s=LONG_S)
    for _ in range(6):
        assert await desk.next(name, within_s=0.05) is None
    assert not steps.left.is_set()


async def test_several_go_on_side_by_side(desk: Desk) -> None:
    one, other = desk.begin(Steps()), desk.begin(Steps())
    assert one != other
    assert await desk.next(other, within_s=LONG_S) == VISIT
    assert await desk.next(one, within_s=LONG_S) == VISIT


async def test_quitting_ends_them_all(desk: Desk) -> None:
    steps = Steps()
    name = desk.begin(steps)
    await desk.next(name, within_s=LONG_S)
    await desk.close()
    assert steps.left.is_set()
