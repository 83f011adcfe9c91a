"""Running an owner until it is asked to stop, or nobody calls."""

import asyncio
import io
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from core.cli.serving import run_owner, stop_on_signals
from core.control.owner import Owner
from core.domain.errors import CoreError
from tests.core.control.apps import free_port, make_app
from tests.fakes.clock import FakeClock


@pytest.fixture
def owner(tmp_path: Path, clock: FakeClock) -> Owner:
    return Owner(make_app(tmp_path, clock, proxy_port=str(free_port())), mode="serve")


async def test_its_first_line_says_where_it_listens(owner: Owner) -> None:
    out = io.StringIO()

    async def began() -> None:
        assert out.getvalue().startswith("Turntable listens on http")
        asyncio.get_running_loop().call_later(0.05, owner.app.request_stop)

    await run_owner(owner, out=out, began=began)

    assert out.getvalue().count("\n") == 1
    assert owner.app.port is None


async def test_it_ends_when_nobody_has_called_for_so_long(owner: Owner, clock: FakeClock) -> None:
    async def began() -> None:
        clock.advance(timedelta(minutes=10))

    async with asyncio.timeout(5):
        await run_owner(owner, out=io.StringIO(), idle=timedelta(minutes=10), began=began)

    assert owner.app.stopping.is_set()


async def test_what_fails_after_the_start_closes_everything(owner: Owner) -> None:
    async def began() -> None:
        raise CoreError("why", "What.")

    with pytest.raises(CoreError, match="What"):
        await run_owner(owner, out=io.StringIO(), began=began)

    assert owner.app.port is None


async def test_a_stop_before_the_start_is_done_prints_nothing(
    owner: Owner, tmp_path: Path, clock: FakeClock
) -> None:
    first = Owner(make_app(tmp_path, clock, proxy_port=str(free_port())), mode="serve")
    await first.start()
    out = io.StringIO()
    asyncio.get_running_loop().call_later(0.1, owner.app.request_stop)

    async with asyncio.timeout(2):
        await run_owner(owner, out=out)

    assert out.getvalue() == ""
    await first.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_each_signal_asks_to_stop(number: signal.Signals) -> None:
    stopped = asyncio.Event()
    stop_on_signals(stopped.set)

    signal.raise_signal(number)

    async with asyncio.timeout(2):
        await stopped.wait()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().remove_signal_handler(each)
