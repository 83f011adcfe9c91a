"""Desktop manners: waking up, screens that go, names that nobody thought of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dbus_fast import BusType
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool
from dbus_fast.service import ServiceInterface, dbus_signal
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from core.words.speech import english
from tests.fakes.desktop import Desktop
from tests.fakes.tray_host import TrayHost
from tests.tray.shown import Shown
from tests.tray.snapshots import NOW, account, snapshot
from tests.tray.test_tray import running
from tray.panel import GlancePanel
from tray.present.panel import panel

_LOGIN = "org.freedesktop.login1"


class Logind(ServiceInterface):
    """As much of systemd-logind as programs hear of a sleep."""

    def __init__(self) -> None:
        super().__init__(f"{_LOGIN}.Manager")

    @dbus_signal()
    def PrepareForSleep(self, begins: DBusBool) -> DBusBool:
        return begins


@asynccontextmanager
async def logind(address: str) -> AsyncIterator[Logind]:
    """A logind of our own on a bus of our own."""
    bus = await MessageBus(bus_address=address, bus_type=BusType.SYSTEM).connect()
    made = Logind()
    bus.export("/org/freedesktop/login1", made)
    await bus.request_name(_LOGIN)
    try:
        yield made
    finally:
        bus.disconnect()


@pytest.fixture
def system_bus(desktop: Desktop, tmp_path: Path) -> str:
    """The address of a private system bus."""
    socket = tmp_path / "system_bus"
    address = f"unix:path={socket}"
    desktop.start("dbus-daemon", "--session", "--nofork", f"--address={address}")
    desktop.wait_until(socket.exists, "the system bus")
    return address


@pytest.mark.desktop
async def test_after_a_sleep_numbers_are_asked_for_at_once(
    desktop: Desktop, system_bus: str
) -> None:
    env = desktop.env | {"DBUS_SYSTEM_BUS_ADDRESS": system_bus}
    async with (
        logind(system_bus) as machine,
        TrayHost(desktop.bus_address) as host,
        running(desktop, env=env) as program,
    ):
        await host.wait_for_item()
        machine.PrepareForSleep(True)
        program.tell("ping")
        assert await program.said() == "pong"
        machine.PrepareForSleep(False)
        assert await program.said() == "quota {}"


@pytest.mark.desktop
async def test_without_a_system_bus_it_runs_all_the_same(desktop: Desktop, tmp_path: Path) -> None:
    env = desktop.env | {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path / 'nowhere'}"}
    async with TrayHost(desktop.bus_address) as host, running(desktop, env=env):
        assert await host.wait_for_item()


# The offscreen platform cannot raise a window, and says so.
@pytest.mark.qt_log_ignore("This plugin does not support")
def test_panel_goes_with_its_screen(qtbot: QtBot) -> None:
    shown = GlancePanel(english())
    qtbot.addWidget(shown)
    shown.show_view(panel(snapshot(account()), speech=english(), now=NOW))
    shown.pop_up()
    assert shown.isVisible()
    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)
    application.screenRemoved.emit(application.primaryScreen())
    assert not shown.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_window_that_was_on_a_screen_that_is_gone_is_brought_back(shown: Shown) -> None:
    window = shown.window
    window.setGeometry(QRect(20_000, 20_000, 900, 600))
    kept = window.geometry_kept()
    window.restore(kept, "")
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert room.intersects(window.geometry())
