"""The bridge: snapshots arrive as signals, wishes leave in order, failures are told."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import english
from tests.tray.fake_facade import FakeFacade
from tests.tray.snapshots import account, snapshot
from tray.bridge import Bridge
from tray.present.entries import Perform
from tray.present.notices import Notice

pytestmark = pytest.mark.usefixtures("qapp")

REPORT = snapshot(account(1), account(2, "Home"))


class Seen:
    """What came out of a bridge, in order."""

    def __init__(self, bridge: Bridge) -> None:
        self.reports: list[StatusReport] = []
        self.notices: list[Notice] = []
        self.shows = 0
        self.wishes_ended = 0
        self.ended = False
        self._changed = asyncio.Event()
        bridge.snapshot.connect(self.reports.append)
        bridge.notice.connect(self.notices.append)
        bridge.show_requested.connect(lambda _: self._count("shows"))
        bridge.wish_ended.connect(lambda: self._count("wishes_ended"))
        bridge.engine_ended.connect(lambda: setattr(self, "ended", True))
        for signal in (
            bridge.snapshot,
            bridge.notice,
            bridge.show_requested,
            bridge.wish_ended,
            bridge.engine_ended,
        ):
            signal.connect(self._changed.set)

    def _count(self, name: str) -> None:
        setattr(self, name, getattr(self, name) + 1)

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not reached():
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def facade() -> FakeFacade:
    return FakeFacade(REPORT)


@pytest.fixture
async def bridge(facade: FakeFacade) -> AsyncIterator[Bridge]:
    bridge = Bridge(facade, english())
    yield bridge
    await bridge.close()


async def test_snapshot_is_shown_now_and_after_every_change(
    bridge: Bridge, facade: FakeFacade
) -> None:
    seen = Seen(bridge)
    bridge.start()
    await seen.until(lambda: len(seen.reports) == 1)
    bridge.wish(Perform(verb="use", arguments={"account": "acc_2"}))
    await seen.until(lambda: len(seen.reports) == 2)
    assert [report.rotation.next for report in seen.reports] == ["acc_1", "acc_2"]


async def test_wishes_are_performed_one_after_the_other_in_the_order_of_the_clicks(
    bridge: Bridge, facade: FakeFacade
) -> None:
    seen = Seen(bridge)
    for verb in ("bind", "unbind", "auto"):
        bridge.wish(Perform(verb=verb))
    await seen.until(lambda: seen.wishes_ended == 3)
    assert [verb for verb, _ in facade.performed] == ["bind", "unbind", "auto"]


async def test_refusal_is_told_with_its_next_step_and_the_views_are_put_right(
    bridge: Bridge, facade: FakeFacade
) -> None:
    facade.refusals["bind"] = CoreError("config_invalid", "config.toml is broken.", "Mend line 3.")
    seen = Seen(bridge)
    bridge.wish(Perform(verb="bind"))
    await seen.until(lambda: seen.wishes_ended == 1)
    assert [notice.text for notice in seen.notices] == ["config.toml is broken.\nMend line 3."]
    assert seen.notices[0].trouble


async def test_defect_is_logged_and_told_without_its_inside(
    bridge: Bridge, facade: FakeFacade, caplog: pytest.LogCaptureFixture
) -> None:
    facade.refusals["bind"] = ZeroDivisionError("inside")
    seen = Seen(bridge)
    bridge.wish(Perform(verb="bind"))
    await seen.until(lambda: seen.wishes_ended == 1)
    assert "inside" not in seen.notices[0].text
    assert "ZeroDivisionError" in caplog.text


async def test_next_wish_is_performed_after_a_failed_one(
    bridge: Bridge, facade: FakeFacade
) -> None:
    facade.refusals["bind"] = ZeroDivisionError()
    seen = Seen(bridge)
    bridge.wish(Perform(verb="bind"))
    bridge.wish(Perform(verb="auto"))
    await seen.until(lambda: seen.wishes_ended == 2)
    assert [verb for verb, _ in facade.performed] == ["bind", "auto"]


async def test_wish_to_be_shown_reaches_the_views(bridge: Bridge, facade: FakeFacade) -> None:
    seen = Seen(bridge)
    bridge.start()
    facade.ask_to_show()
    facade.end()
    await seen.until(lambda: seen.ended)
    assert seen.shows == 1


async def test_end_of_the_engine_is_noticed(bridge: Bridge, facade: FakeFacade) -> None:
    seen = Seen(bridge)
    bridge.start()
    facade.end()
    await seen.until(lambda: seen.ended)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(CoreError("gone", "The engine is gone."), "The engine is gone.", id="known"),
        pytest.param(ZeroDivisionError(), "defect of Turntable", id="a defect"),
    ],
)
async def test_end_of_the_engine_in_an_error_is_told(
    bridge: Bridge, facade: FakeFacade, error: Exception, text: str
) -> None:
    seen = Seen(bridge)
    bridge.start()
    facade.break_off(error)
    await seen.until(lambda: seen.ended)
    assert text in seen.notices[0].text


async def test_closed_bridge_watches_no_more(bridge: Bridge, facade: FakeFacade) -> None:
    seen = Seen(bridge)
    bridge.start()
    await seen.until(lambda: len(seen.reports) == 1)
    await bridge.close()
    facade.become(REPORT)
    await asyncio.sleep(0)
    assert len(seen.reports) == 1
    assert not seen.ended
