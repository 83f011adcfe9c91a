"""Draws a tree of entries as a Qt menu and keeps it in step, without moving it under the pointer.

An entry that is there keeps its action: only text, mark and whether it can be chosen change.
Entries come and go while the menu is closed; what has changed in the meantime is caught up with
right before the menu opens, because some desktops never say that they have closed it.
"""

from collections.abc import Callable, Iterator
from typing import assert_never

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu
from shiboken6 import delete

from tray.present.entries import Action, Branch, Choice, Divider, Entry, Line

type Spelling = Callable[[str], str]
"""Marked text → what the surface expects."""


def as_marked(text: str) -> str:
    """Qt's own menus read the marks as they are."""
    return text


def for_dbusmenu(text: str) -> str:
    """Marked text such that Qt's D-Bus menu shows it right.

    com.canonical.dbusmenu marks with `_` and doubles a literal one. Qt turns the first `&` (unless
    it is the last character) into `_`, whatever follows, and passes all else as it is
    (qdbusplatformmenu.cpp and qdbusmenutypes.cpp, `convertMnemonic`). So a literal ampersand is
    single after the mark; before any mark it is doubled, and becomes the marked letter itself.
    """
    spelled: list[str] = []
    marked = False
    rest = text.replace("_", "__")
    while rest:
        if rest.startswith("&&"):
            spelled.append("&" if marked else "&&")
            marked, rest = True, rest[2:]
        elif rest.startswith("&"):
            spelled.append("" if marked else "&")
            marked, rest = True, rest[1:]
        else:
            spelled.append(rest[0])
            rest = rest[1:]
    return "".join(spelled)


class TrayMenu(QObject):
    """One menu on one surface.

    Signals:
        chosen: the `Action` of the entry that a person chose.
        opening: the menu is about to be seen.
    """

    chosen = Signal(object)
    opening = Signal()

    def __init__(self, spelling: Spelling = as_marked, parent: QObject | None = None) -> None:
        """`spelling` fits the surface that draws the menu."""
        super().__init__(parent)
        self.widget = QMenu()
        self._spelling = spelling
        self._entries: tuple[Entry, ...] = ()
        self._drawn: tuple[object, ...] | None = None
        self._open = False
        self._actions: dict[str, QAction] = {}
        self._wishes: dict[str, Action] = {}
        self._menus: list[QMenu] = []
        self._groups: dict[str, QActionGroup] = {}
        self.widget.aboutToShow.connect(self._opens)
        self.widget.aboutToHide.connect(self._closes)

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Show `entries` from now on; what is open keeps its lines until it closes."""
        self._entries = entries
        if not self._open:
            self._catch_up()
        self._update(entries)

    def action(self, entry: str) -> QAction | None:
        """The action of the entry with this id, while it is drawn."""
        return self._actions.get(entry)

    def close(self) -> None:
        """Take the menu away for good."""
        self.widget.hide()
        delete(self.widget)
        delete(self)

    def _opens(self) -> None:
        self.opening.emit()
        self._catch_up()
        self._open = True

    def _closes(self) -> None:
        self._open = False
        self._catch_up()

    def _catch_up(self) -> None:
        """Draw anew if lines came or went since they were drawn."""
        shape = tuple(_shape(self._entries))
        if shape == self._drawn:
            return
        self._drawn = shape
        self._forget()
        self._draw(self.widget, self._entries)
        self._update(self._entries)

    def _forget(self) -> None:
        self.widget.clear()
        for part in (*self._groups.values(), *self._menus):
            part.deleteLater()
        self._menus.clear()
        self._groups.clear()
        self._actions.clear()
        self._wishes.clear()

    def _draw(self, menu: QMenu, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            match entry:
                case Divider():
                    menu.addSeparator()
                case Line():
                    self._actions[entry.id] = menu.addAction("")
                case Choice():
                    self._actions[entry.id] = self._choice(menu, entry)
                case Branch():
                    below = QMenu(menu)
                    self._menus.append(below)
                    self._actions[entry.id] = menu.addMenu(below)
                    self._draw(below, entry.entries)
                case _:
                    assert_never(entry)

    def _choice(self, menu: QMenu, entry: Choice) -> QAction:
        action = menu.addAction("")
        action.setCheckable(entry.checked is not None)
        if entry.group:
            group = self._groups.setdefault(entry.group, QActionGroup(self))
            group.addAction(action)
        action.triggered.connect(lambda: self._choose(entry.id))
        return action

    def _choose(self, entry: str) -> None:
        self.chosen.emit(self._wishes[entry])

    def _update(self, entries: tuple[Entry, ...]) -> None:
        """Bring text, mark and state of the drawn actions in step."""
        for entry in entries:
            action = None if isinstance(entry, Divider) else self._actions.get(entry.id)
            if action is None or isinstance(entry, Divider):
                continue
            text = self._spelling(entry.text)
            if action.text() != text:
                action.setText(text)
            enabled = not isinstance(entry, Line) and entry.enabled
            if action.isEnabled() != enabled:
                action.setEnabled(enabled)
            if isinstance(entry, Choice):
                self._wishes[entry.id] = entry.action
                # Also when the model is as before: a click has moved the mark by itself.
                if entry.checked is not None and action.isChecked() != entry.checked:
                    action.setChecked(entry.checked)
            elif isinstance(entry, Branch):
                self._update(entry.entries)


def _shape(entries: tuple[Entry, ...]) -> Iterator[object]:
    """What cannot be changed in place: which entries there are, of which kind, in which order."""
    for entry in entries:
        if isinstance(entry, Branch):
            yield (entry.id, tuple(_shape(entry.entries)))
        elif isinstance(entry, Choice):
            yield (entry.id, entry.checked is not None, entry.group)
        else:
            yield entry.id
