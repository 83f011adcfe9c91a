"""A notification daemon that keeps what it was told (freedesktop.org, Desktop Notifications)."""

import asyncio
from typing import Annotated, Self

from dbus_fast import BusType
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusDict, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

_NAME = "org.freedesktop.Notifications"
DBusStrings = Annotated[list[str], DBusSignature("as")]
DBusServerInformation = Annotated[tuple[str, str, str, str], DBusSignature("ssss")]


class Notifications(ServiceInterface):
    """`async with Notifications(desktop.bus_address) as told: await told.next()`."""

    def __init__(self, bus_address: str) -> None:
        super().__init__(_NAME)
        self._address = bus_address
        self._told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._count = 0
        self.buttons: dict[int, dict[str, str]] = {}

    async def __aenter__(self) -> Self:
        self._bus = await MessageBus(bus_address=self._address, bus_type=BusType.SESSION).connect()
        self._bus.export("/org/freedesktop/Notifications", self)
        await self._bus.request_name(_NAME)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    def press(self, label: str) -> None:
        """Press the button of this label on the newest message."""
        known = self.buttons[self._count]
        self.ActionInvoked(self._count, next(key for key in known if known[key] == label))

    @property
    def count(self) -> int:
        """How many messages came."""
        return self._count

    async def next(self) -> tuple[str, str]:
        """Title and text of the next message."""
        async with asyncio.timeout(5):
            return await self._told.get()

    @dbus_method()
    def Notify(  # noqa: PLR0917 - the specification's own order
        self,
        program: DBusStr,
        replaces: DBusUInt32,
        icon: DBusStr,
        title: DBusStr,
        text: DBusStr,
        actions: DBusStrings,
        hints: DBusDict,
        timeout: DBusInt32,
    ) -> DBusUInt32:
        del program, replaces, icon, hints, timeout
        self._count += 1
        self._told.put_nowait((title, text))
        self.buttons[self._count] = dict(zip(actions[::2], actions[1::2], strict=True))
        return self._count

    @dbus_signal()
    def ActionInvoked(self, number: int, key: str) -> Annotated[list[object], DBusSignature("us")]:
        return [number, key]

    @dbus_method()
    def GetCapabilities(self) -> DBusStrings:
        return ["body", "actions"]

    @dbus_method()
    def GetServerInformation(self) -> DBusServerInformation:
        return ("fake", "tests", "1", "1.2")

    @dbus_method()
    def CloseNotification(self, number: DBusUInt32) -> None:
        del number
