"""One login at a stand-in of the back end, for whoever asks it."""

from collections.abc import AsyncIterator

import pytest

from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.fakes.clock import FakeClock


@pytest.fixture
def login() -> Login:
    return make_login("A")


@pytest.fixture
async def back_end(clock: FakeClock, login: Login) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now) as back_end:
        back_end.add(login)
        yield back_end
