"""Messages of the desktop, with buttons where the desktop has them.

On Linux the notification daemon is spoken to directly (freedesktop.org, Desktop Notifications
1.2): Qt's own messages carry no action there. Elsewhere, and where there is no session bus, Qt's
are used; a click on one opens the window.
"""

import html
import logging
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Signal

from tray.present.entries import Action
from tray.present.notices import Notice

_log = logging.getLogger(__name__)

_NAME = "org.freedesktop.Notifications"
_PATH = "/org/freedesktop/Notifications"
_SHOWN_MS = 8000
_KEPT = 50
_DEFAULT = "default"


class Notifier(QObject):
    """Shows notices.

    Signals:
        chosen: the `Action` of a button.
        opened: a message itself was clicked.
    """

    chosen = Signal(object)
    opened = Signal()

    def __init__(self, otherwise: Callable[[Notice], None]) -> None:
        """`otherwise` shows a notice where there is no daemon to speak to."""
        super().__init__()
        self._otherwise = otherwise
        self._bus: Any = _open_bus() if sys.platform == "linux" else None
        self._listening: QSocketNotifier | None = None
        self._abilities: frozenset[str] | None = None
        self._asked: dict[int, Notice] = {}
        self._waiting: list[tuple[Notice, bool]] = []
        self._shown: OrderedDict[int, dict[str, Action]] = OrderedDict()
        self._ability_serial = 0
        if self._bus is not None:
            self._begin()

    def tell(self, notice: Notice, *, sound: bool = False) -> None:
        """Show a notice; its buttons come out as `chosen`."""
        if self._bus is None:
            self._otherwise(notice)
        elif self._abilities is None:
            self._waiting.append((notice, sound))
            if len(self._waiting) == 1:
                self._ask_abilities()
        else:
            self._notify(notice, sound=sound)

    def close(self) -> None:
        """Leave the bus; what is shown goes by itself."""
        if self._listening is not None:
            self._listening.setEnabled(False)
        if self._bus is not None:
            self._bus.close()
        self._bus = None

    def _begin(self) -> None:
        from jeepney import MatchRule
        from jeepney.bus_messages import message_bus

        rule = MatchRule(type="signal", interface=_NAME, path=_PATH)
        self._send(message_bus.AddMatch(rule))
        self._listening = QSocketNotifier(self._bus.sock.fileno(), QSocketNotifier.Type.Read, self)
        self._listening.activated.connect(self._readable)

    def _ask_abilities(self) -> None:
        """Asked with the first message: the daemon may start after us, or by this very call."""
        from jeepney import DBusAddress, new_method_call

        address = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
        self._ability_serial = self._send(new_method_call(address, "GetCapabilities"))

    def _notify(self, notice: Notice, *, sound: bool) -> None:
        from jeepney import DBusAddress, new_method_call

        abilities = self._abilities or frozenset()
        buttons: list[str] = []
        if "actions" in abilities:
            buttons += [_DEFAULT, ""]
            for choice in notice.actions:
                buttons += [choice.id, _plain(choice.text)]
        body = html.escape(notice.text, quote=False) if "body-markup" in abilities else notice.text
        hints = {
            "desktop-entry": ("s", "turntable"),
            "suppress-sound": ("b", not sound),
            "urgency": ("y", 2 if notice.trouble else 1),
        }
        address = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
        arguments = ("Turntable", 0, "turntable", notice.title, body, buttons, hints, _SHOWN_MS)
        message = new_method_call(address, "Notify", "susssasa{sv}i", arguments)
        self._asked[self._send(message)] = notice

    def _send(self, message: object) -> int:
        """Write a message; the serial that its answer names."""
        serial = next(self._bus.outgoing_serial)
        self._bus.send(message, serial=serial)
        return int(serial)

    def _readable(self) -> None:
        from jeepney.low_level import HeaderFields, MessageType

        while self._bus is not None:
            try:
                message = self._bus.receive(timeout=0)
            except TimeoutError:
                return
            except (OSError, EOFError) as error:
                _log.info("the session bus has gone: %s", type(error).__name__)
                self.close()
                return
            header = message.header
            answers = header.fields.get(HeaderFields.reply_serial, 0)
            if header.message_type is MessageType.signal:
                self._signal(str(header.fields.get(HeaderFields.member, "")), message.body)
            elif answers == self._ability_serial:
                fine = header.message_type is MessageType.method_return
                self._can(frozenset(message.body[0]) if fine else None)
            elif answers in self._asked:
                notice = self._asked.pop(answers)
                if header.message_type is MessageType.method_return:
                    self._keep(int(message.body[0]), notice)
                else:
                    self._otherwise(notice)

    def _can(self, abilities: frozenset[str] | None) -> None:
        """The daemon has said what it can; while there is none, Qt shows what waited."""
        waiting, self._waiting = self._waiting, []
        if abilities is None:
            for notice, _ in waiting:
                self._otherwise(notice)
            return
        self._abilities = abilities
        for notice, sound in waiting:
            self._notify(notice, sound=sound)

    def _keep(self, number: int, notice: Notice) -> None:
        self._shown[number] = {choice.id: choice.action for choice in notice.actions}
        while len(self._shown) > _KEPT:
            self._shown.popitem(last=False)

    def _signal(self, member: str, body: tuple[object, ...]) -> None:
        if member != "ActionInvoked" or len(body) != 2:
            return
        number, key = body
        known = self._shown.get(number) if isinstance(number, int) else None
        if known is None:
            return  # another program's message
        if isinstance(key, str) and key in known:
            self.chosen.emit(known[key])
        elif key == _DEFAULT:
            self.opened.emit()


def _open_bus() -> Any:
    from jeepney.io.blocking import open_dbus_connection

    try:
        return open_dbus_connection(bus="SESSION")
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        _log.info("there is no session bus: %s", type(error).__name__)
        return None


def _plain(text: str) -> str:
    """A marked text without its mark."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
