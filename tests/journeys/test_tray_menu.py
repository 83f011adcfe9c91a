"""The tray app on a real desktop, over the real engine: a click, and everything that follows it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.control.remote import RemoteFacade
from core.domain.report import AccountReport
from core.runtime.paths import Home
from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.fakes.desktop import Desktop
from tests.fakes.tray_host import TrayHost, TrayItem
from tests.journeys import clicks
from tests.journeys.tray import tray_program
from tests.journeys.turntable import Turntable
from tests.tray.notifications import Notifications

pytestmark = [pytest.mark.codex, pytest.mark.desktop, pytest.mark.usefixtures("imported")]

BEFORE = b'# mine\nmodel = "gpt-6.1-sol"\n'
ROUTE = "Route Codex through Turntable"
ASKED = {"model": "gpt-6.1-sol", "input": "hi", "stream": True}


@pytest.fixture
def config(signed_in_codex: Codex) -> Path:
    """Codex's config.toml, as its user wrote it."""
    signed_in_codex.config.write_bytes(BEFORE)
    return signed_in_codex.config


@pytest.fixture
async def item(
    turntable: Turntable, desktop: Desktop, back_end: StandIn, config: Path
) -> AsyncIterator[TrayItem]:
    """The icon of a running tray app; A has used more than B."""
    del config
    back_end.use("A", 70, resets_at=datetime.now(UTC) + timedelta(hours=2))
    back_end.use("B", 10, resets_at=datetime.now(UTC) + timedelta(hours=3))
    async with TrayHost(desktop.bus_address) as host, tray_program(turntable, desktop):
        item = await host.wait_for_item(30)
        await turntable.done("quota", "--refresh")
        yield item


@pytest.fixture
def facade(turntable: Turntable) -> RemoteFacade:
    """The engine that runs in the tray app."""
    return RemoteFacade(Home(root=turntable.home).control)


async def account(facade: RemoteFacade, number: int) -> AccountReport:
    """The account of this number: A is 1, B is 2."""
    return next(one for one in (await facade.status()).accounts if one.number == number)


async def row(item: TrayItem, name: str) -> str:
    """The whole line of this account in the menu."""
    entries = (await item.menu()).entries
    return next(one.label for one in entries if one.radio and name in one.label)


async def test_use_is_in_force_before_the_icon_says_so(
    item: TrayItem, facade: RemoteFacade
) -> None:
    first, second = await account(facade, 1), await account(facade, 2)
    await item.click(await row(item, first.label))
    await item.click(ROUTE)
    await clicks.follow(_nothing, clicks.menu(item, f"Codex uses {first.label}"))
    line = await row(item, second.label)
    took = await clicks.follow(
        lambda: item.click(line),
        clicks.core(facade, lambda report: report.rotation.account == second.id),
        await clicks.icon_changes(item),
        clicks.menu(item, f"Codex uses {second.label}"),
    )
    assert took["core"] <= took["icon"] + 0.05


async def test_stay_is_said_in_the_first_line(item: TrayItem, facade: RemoteFacade) -> None:
    focus = (await facade.status()).rotation.next
    name = next(one.label for one in (await facade.status()).accounts if one.id == focus)
    await item.click(ROUTE)
    await clicks.follow(
        lambda: item.click(f"Stay on {name}"),
        clicks.core(facade, lambda report: report.rotation.mode == "stay"),
        clicks.menu(item, f"Codex stays on {name}"),
    )


async def test_route_changes_the_one_key_and_quit_gives_it_back_byte_for_byte(
    item: TrayItem, facade: RemoteFacade, config: Path
) -> None:
    took = await clicks.follow(
        lambda: item.click(ROUTE),
        clicks.config(config, lambda text: b"openai_base_url" in text),
        clicks.core(facade, lambda report: report.bind.state == "bound"),
        await clicks.icon_changes(item),
    )
    assert took["config.toml"] <= took["icon"] + 0.05
    # It names what ends with it: Codex may be asking for its models just now.
    quits = next(one.label for one in (await item.menu()).entries if one.label.startswith("Quit"))
    await clicks.follow(
        lambda: item.click(quits), clicks.config(config, lambda text: text == BEFORE)
    )


async def test_cooldown_is_one_message_whose_action_works(
    turntable: Turntable,
    desktop: Desktop,
    back_end: StandIn,
    item: TrayItem,
    facade: RemoteFacade,
) -> None:
    token = (await turntable.done("client", "create", "--label", "editor"))["token"]
    status, first = await facade.status(), await account(facade, 1)
    await item.click(await row(item, first.label))
    back_end.limit("A", until=datetime.now(UTC) + timedelta(hours=1))
    async with (
        Notifications(desktop.bus_address) as told,
        httpx.AsyncClient(
            base_url=f"http://{status.proxy.address}/v1",
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=20,
        ) as client,
    ):
        assert (await client.post("/responses", json=ASKED)).status_code == 200
        title, text = await told.next()
        assert title == first.label
        assert "is waiting until" in text
        await clicks.follow(
            lambda: _press(told, f"Stay on {first.label}"),
            clicks.core(facade, lambda report: report.rotation.mode == "stay"),
            clicks.menu(item, f"Only {first.label}"),
        )
        assert told.count == 1


async def _press(told: Notifications, button: str) -> None:
    told.press(button)


async def _nothing() -> None:
    await asyncio.sleep(0)
