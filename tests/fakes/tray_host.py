"""The desktop's half of a tray icon: reads icon, tooltip and menu, and clicks entries by label.

Owns `org.kde.StatusNotifierWatcher` on a session bus, so that a program registers with it exactly
as with KDE Plasma or GNOME's extension; the menu is read over `com.canonical.dbusmenu`. Sources:
the StatusNotifierItem specification of freedesktop.org and dbusmenu's own interface file.
"""

import asyncio
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from dbus_fast import BusType, Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusInt32, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal
from PIL import Image

DBusStrings = Annotated[list[str], DBusSignature("as")]

_ITEM = "org.kde.StatusNotifierItem"
_MENU = "com.canonical.dbusmenu"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_BUS = "org.freedesktop.DBus"


class TrayError(Exception):
    """What was looked for is not in the tray; the sentence says what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One line of a menu, with what lies below it."""

    id: int
    label: str
    enabled: bool
    visible: bool
    separator: bool
    checked: bool | None
    """None where there is no mark."""
    radio: bool
    entries: tuple["MenuEntry", ...]

    def walk(self) -> Iterator["MenuEntry"]:
        """This entry and all below it, in the order of the screen."""
        yield self
        for entry in self.entries:
            yield from entry.walk()

    def find(self, label: str) -> "MenuEntry":
        """The first entry with this label, mnemonics aside.

        Raises:
            TrayError: none has it.
        """
        for entry in self.walk():
            if entry.label == label:
                return entry
        raise TrayError(f"no entry {label!r} in\n{self.text()}")

    def text(self, depth: int = 0) -> str:
        """The menu as an indented list, for reading and for messages."""
        mark = {True: "[x] ", False: "[ ] ", None: ""}[self.checked]
        line = "----" if self.separator else f"{mark}{self.label}"
        own = "  " * depth + line + ("" if self.enabled else " (disabled)") + "\n"
        return own + "".join(entry.text(depth + 1) for entry in self.entries)


class TrayItem:
    """One program's icon in the tray, as its host sees it."""

    def __init__(self, bus: MessageBus, key: str) -> None:
        """`key` is `BUS NAME/OBJECT/PATH`, as the watcher lists it."""
        self.key = key
        self.bus_name, _, path = key.partition("/")
        self._path = f"/{path}"
        self._bus = bus

    async def property(self, name: str) -> Any:
        """A property of the item, e.g. `Status` or `IconName`."""
        return (await self._call(self._path, _PROPERTIES, "Get", "ss", _ITEM, name))[0].value

    async def tooltip(self) -> tuple[str, str]:
        """Title and text of the tooltip."""
        _icon, _pixmaps, title, text = await self.property("ToolTip")
        return title, text

    async def icon_sizes(self) -> tuple[tuple[int, int], ...]:
        """Width and height of each picture that the program offers."""
        return tuple(
            sorted((width, height) for width, height, _ in await self.property("IconPixmap"))
        )

    async def icon_png(self, size: int = 22) -> bytes:
        """The offered picture nearest to `size` pixels, as PNG."""
        pixmaps = await self.property("IconPixmap")
        width, height, pixels = min(pixmaps, key=lambda pixmap: abs(pixmap[0] - size))
        # ARGB32 in network byte order (StatusNotifierItem, "Icons").
        alpha, red, green, blue = (bytes(pixels)[channel::4] for channel in range(4))
        bands = [Image.frombytes("L", (width, height), band) for band in (red, green, blue, alpha)]
        png = io.BytesIO()
        Image.merge("RGBA", bands).save(png, "PNG")
        return png.getvalue()

    async def menu(self) -> MenuEntry:
        """The whole menu as it would open now; the root has no label."""
        path = await self.property("Menu")
        await self._call(path, _MENU, "AboutToShow", "i", 0)
        _revision, layout = await self._call(path, _MENU, "GetLayout", "iias", 0, -1, [])
        return _entry(layout)

    async def click(self, label: str) -> None:
        """Choose the entry with this label.

        Raises:
            TrayError: there is none, or a person could not choose it.
        """
        entry = (await self.menu()).find(label)
        if not (entry.enabled and entry.visible):
            raise TrayError(f"entry {label!r} cannot be chosen now")
        path = await self.property("Menu")
        await self._call(path, _MENU, "Event", "isvu", entry.id, "clicked", Variant("s", ""), 0)

    async def activate(self) -> None:
        """Click the icon with the first button."""
        await self._call(self._path, _ITEM, "Activate", "ii", 0, 0)

    async def _call(
        self, path: str, interface: str, member: str, signature: str, *body: Any
    ) -> list[Any]:
        reply = await self._bus.call(
            Message(
                destination=self.bus_name,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=list(body),
            )
        )
        if reply is None or reply.message_type is MessageType.ERROR:
            raise TrayError(f"{member}: {reply.error_name} {reply.body}" if reply else member)
        return reply.body


class TrayHost:
    """`async with TrayHost(desktop.bus_address) as host: item = await host.wait_for_item()`."""

    def __init__(self, bus_address: str) -> None:
        """The session bus to be the tray of."""
        self._address = bus_address
        self._bus: MessageBus | None = None
        self._changed = asyncio.Event()
        self._items: dict[str, TrayItem] = {}

    @property
    def items(self) -> tuple[TrayItem, ...]:
        """What is in the tray now, in the order of arrival."""
        return tuple(self._items.values())

    async def wait_for_item(self, timeout_s: float = 10) -> TrayItem:
        """The first item, as soon as there is one."""
        await self._wait(lambda: bool(self._items), "an item in the tray", timeout_s)
        return self.items[0]

    async def wait_until_empty(self, timeout_s: float = 10) -> None:
        """Until no program is in the tray."""
        await self._wait(lambda: not self._items, "an empty tray", timeout_s)

    async def __aenter__(self) -> Self:
        bus = await MessageBus(bus_address=self._address, bus_type=BusType.SESSION).connect()
        self._bus = bus
        watcher = _Watcher(lambda: list(self._items), self._register)
        bus.add_message_handler(watcher.see)
        bus.add_message_handler(self._see)
        bus.export("/StatusNotifierWatcher", watcher)
        rule = f"type='signal',sender='{_BUS}',member='NameOwnerChanged'"
        await bus.call(
            Message(
                destination=_BUS,
                path="/org/freedesktop/DBus",
                interface=_BUS,
                member="AddMatch",
                signature="s",
                body=[rule],
            )
        )
        await bus.request_name(f"org.kde.StatusNotifierHost-{os.getpid()}")
        await bus.request_name("org.kde.StatusNotifierWatcher")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._bus is not None
        self._bus.disconnect()

    async def _wait(self, reached: Callable[[], bool], what: str, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not reached():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TrayError(f"no {what} within {timeout_s:g} s") from None

    def _register(self, key: str) -> None:
        assert self._bus is not None
        self._items[key] = TrayItem(self._bus, key)
        self._changed.set()

    def _see(self, message: Message) -> None:
        if message.member != "NameOwnerChanged" or message.body[2]:
            return
        for key, item in list(self._items.items()):
            if item.bus_name == message.body[0]:
                del self._items[key]
                self._changed.set()


class _Watcher(ServiceInterface):
    """`org.kde.StatusNotifierWatcher`, as far as programs ask it."""

    def __init__(self, keys: Callable[[], list[str]], register: Callable[[str], None]) -> None:
        super().__init__("org.kde.StatusNotifierWatcher")
        self._keys = keys
        self._register = register
        self._sender = ""

    def see(self, message: Message) -> None:
        """Remember who calls: an item may name only its path."""
        self._sender = message.sender or ""

    @dbus_method()
    def RegisterStatusNotifierItem(self, service: DBusStr) -> None:
        named_by_path = service.startswith("/")
        key = f"{self._sender}{service}" if named_by_path else f"{service}/StatusNotifierItem"
        self._register(key)
        self.StatusNotifierItemRegistered(key)

    @dbus_method()
    def RegisterStatusNotifierHost(self, service: DBusStr) -> None:
        del service
        self.StatusNotifierHostRegistered()

    @dbus_property(access=PropertyAccess.READ)
    def RegisteredStatusNotifierItems(self) -> DBusStrings:
        return self._keys()

    @dbus_property(access=PropertyAccess.READ)
    def IsStatusNotifierHostRegistered(self) -> DBusBool:
        return True

    @dbus_property(access=PropertyAccess.READ)
    def ProtocolVersion(self) -> DBusInt32:
        return 0

    @dbus_signal()
    def StatusNotifierItemRegistered(self, service: str) -> DBusStr:
        return service

    @dbus_signal()
    def StatusNotifierHostRegistered(self) -> None:
        return None


def _entry(layout: list[Any]) -> MenuEntry:
    number, variants, children = layout
    shown: Mapping[str, Any] = {name: variant.value for name, variant in variants.items()}
    toggles = shown.get("toggle-type", "")
    return MenuEntry(
        id=number,
        # dbusmenu marks the mnemonic with `_`; a doubled one is the character itself.
        label=shown.get("label", "").replace("__", "\0").replace("_", "").replace("\0", "_"),
        enabled=shown.get("enabled", True),
        visible=shown.get("visible", True),
        separator=shown.get("type") == "separator",
        checked=shown.get("toggle-state") == 1 if toggles else None,
        radio=toggles == "radio",
        entries=tuple(_entry(child.value) for child in children),
    )
