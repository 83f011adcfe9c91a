"""What the core's tests share: passphrases that cost nothing, one login at a stand-in."""

from collections.abc import AsyncIterator, Iterator

import pytest

from core.standin.people import Login, make_login
from core.standin.server import StandIn
from core.storage import vault
from tests.core.storage.samples import CHEAP
from tests.fakes.clock import FakeClock


@pytest.fixture(scope="package", autouse=True)
def cheap_passphrases() -> Iterator[None]:
    """Whole apps open their vaults in no time; the journeys pay a passphrase's real cost.

    That cost is 128 MB and a third of a second of a processor, several times a test: on a machine
    that is busy it is most of what a test waits for.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault, "ScryptCost", lambda: CHEAP)
        yield


@pytest.fixture
def login() -> Login:
    return make_login("A")


@pytest.fixture
async def back_end(clock: FakeClock, login: Login) -> AsyncIterator[StandIn]:
    """A stand-in that knows this login."""
    async with StandIn(now=clock.now) as back_end:
        back_end.add(login)
        yield back_end
