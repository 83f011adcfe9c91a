"""Who shows no secret is sent away when too many do; who has only just come is given a moment."""

import asyncio

import pytest

from core.proxy import strangers
from core.proxy.listener import Limits
from core.proxy.strangers import Strangers
from tests.core.proxy.rig import BackEnd, Client, Rig

pytestmark = pytest.mark.both_loops


class Door:
    """Keeps who was sent away, in order; a connection that is cut is gone."""

    def __init__(self, *, most: int, most_new: int = 100) -> None:
        self.cut: list[int] = []
        self.strangers = Strangers[int](most=most, most_new=most_new, cut=self._cut)

    def _cut(self, connection: int) -> None:
        self.cut.append(connection)
        self.strangers.gone(connection)

    def come(self, *connections: int) -> None:
        for connection in connections:
            self.strangers.came(connection)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment is no time: what is left of it are turns of the loop."""
    monkeypatch.setattr(strangers, "MOMENT_S", 0.0)


async def moment() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nobody_is_a_stranger_before_anything_could_be_read() -> None:
    door = Door(most=2)
    door.come(*range(50))
    assert door.cut == []
    for friend in range(48):
        door.strangers.gone(friend)
    await moment()
    assert door.cut == []


async def test_after_that_who_waited_longest_goes_first() -> None:
    door = Door(most=2)
    door.come(1, 2, 3)
    await moment()
    assert door.cut == [1]
    door.come(4)
    await moment()
    assert door.cut == [1, 2]


async def test_who_has_shown_a_secret_is_never_sent_away_and_makes_room() -> None:
    door = Door(most=2)
    door.come(1, 2)
    await moment()
    door.strangers.gone(1)
    door.come(3)
    await moment()
    assert door.cut == []


async def test_not_even_newcomers_are_without_number() -> None:
    door = Door(most=2, most_new=3)
    door.come(1, 2, 3, 4)
    assert door.cut == [1]


async def test_who_comes_while_others_are_given_their_moment_gets_one_too() -> None:
    door = Door(most=1)
    door.come(1)
    await asyncio.sleep(0)
    door.come(2, 3)
    await moment()
    assert door.cut == [1, 2]


async def test_the_program_bears_sixty_four_and_whoever_has_a_secret_is_served_beside_them(
    rig: Rig, back_end: BackEnd
) -> None:
    assert Limits().strangers == 64
    clients = [await Client.connect(rig.port) for _ in range(70)]
    sent_away, waiting = clients[:6], clients[6:]
    assert [await client.ended() for client in sent_away] == [b""] * 6
    friend = await Client.connect(rig.port)
    assert (await friend.ask()).status == 200
    # It was a stranger until it asked: whoever had waited longest may have gone for it.
    assert [(await client.ask()).status for client in waiting[1:]] == [200] * 63
    for client in (friend, *clients):
        await client.close()
