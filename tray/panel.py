"""The glance panel: a frameless card beside the tray, gone when something else gets the focus."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QScreen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.words.speech import Speech
from tray.panel_row import PanelRowWidget
from tray.parts.buttons import ActionButton
from tray.parts.labels import label, paragraph, rule, set_tone
from tray.present.panel import Mark, PanelView
from tray.present.tone import Tone
from tray.style import colors_in_force
from tray.theme import CARD_MARGIN, GAP, GAP_MEDIUM, GAP_SMALL, LARGE, PANEL_WIDTH, SMALL

_DOT = 3.5


class GlancePanel(QFrame):
    """Shows a `PanelView`.

    Signals:
        chosen: the `Action` of a button.
        opening: it is about to be seen.
    """

    chosen = Signal(object)
    opening = Signal()

    def __init__(self, speech: Speech) -> None:
        super().__init__(None, Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint)
        self._view: PanelView | None = None
        self._rows: dict[str, PanelRowWidget] = {}
        self._actions: dict[str, ActionButton] = {}
        self._verdict = paragraph(size=LARGE, bold=True)
        self._below = paragraph(tone=Tone.MUTED)
        self._more = label(tone=Tone.MUTED, size=SMALL)
        self._line = _Timeline()
        self._resets = paragraph(tone=Tone.MUTED, size=SMALL)
        self._list = QVBoxLayout()
        self._foot = QHBoxLayout()
        self._above = rule()
        self._scroll = QScrollArea()
        self._inside = QWidget()
        self._content = QVBoxLayout(self._inside)
        self._layout = QVBoxLayout(self)
        self.setProperty("role", "card")
        self.setObjectName("glance-panel")
        self.setWindowTitle("Turntable")
        self.setAccessibleName(speech.say("Turntable at a glance"))
        self._resets.setAccessibleDescription(speech.say("Next resets"))
        self._lay_out()
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.screenRemoved.connect(self._screen_went)

    def show_view(self, view: PanelView) -> None:
        """Show this from now on; rows that stay keep their place and whether they are open."""
        if view == self._view:
            return
        self._view = view
        self._verdict.setText(view.verdict)
        set_tone(self._verdict, view.tone)
        self._below.setText(view.below)
        self._below.setVisible(bool(view.below))
        self._show_rows(view)
        for part in (self._above, self._scroll):
            part.setVisible(bool(view.rows))
        self._more.setText(view.more)
        self._more.setVisible(bool(view.more))
        self._line.show_marks(view.timeline)
        self._line.setVisible(bool(view.timeline))
        self._resets.setText(" · ".join(mark.text for mark in view.timeline))
        self._resets.setVisible(bool(view.timeline))
        for choice in view.actions:
            button = self._actions.get(choice.id)
            if button is None:
                button = ActionButton(choice, self._choose)
                self._actions[choice.id] = button
                self._foot.addWidget(button)
            button.show_choice(choice)
        wanted = {choice.id for choice in view.actions}
        for id_, button in self._actions.items():
            button.setVisible(id_ in wanted)
        if self.isVisible():
            self._fit()
            # Qt shows what was put into a visible row, and counts it, with the next turn.
            QTimer.singleShot(0, self, self._fit)

    def open_row(self, account: str) -> None:
        """Show everything that is known of this account."""
        if account in self._rows:
            self._rows[account].open()

    def pop_up(self) -> None:
        """Open at the edge of the screen that is nearest to the pointer; close if it is open."""
        if self.isVisible():
            self.hide()
            return
        self.opening.emit()
        self._fit()
        self.show()
        self.raise_()
        self.activateWindow()
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Whoever looks elsewhere has seen enough."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.hide()

    def _screen_went(self, screen: QScreen) -> None:
        """What it stood beside is gone with the screen."""
        del screen
        self.hide()

    def _choose(self, action: object) -> None:
        self.hide()
        self.chosen.emit(action)

    def _show_rows(self, view: PanelView) -> None:
        wanted = [row.id for row in view.rows]
        if wanted != list(self._rows):
            for gone in self._rows.values():
                self._list.removeWidget(gone)
                gone.hide()
                gone.deleteLater()
            self._rows.clear()
            for row in view.rows:
                widget = PanelRowWidget(row)
                widget.chosen.connect(self._choose)
                widget.resized.connect(self._fit)
                self._rows[row.id] = widget
                self._list.addWidget(widget)
        for row in view.rows:
            self._rows[row.id].show_row(row)

    def _fit(self) -> None:
        """As tall as its rows want, as far as the screen goes, at the edge where the tray is."""
        screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        scale = max(1.0, self.fontInfo().pointSizeF() / 9.0)
        width = min(round(PANEL_WIDTH * scale), room.width())
        self.setFixedWidth(width)
        inner = width - 2 * CARD_MARGIN
        self._content.activate()
        wanted = max(self._content.totalHeightForWidth(inner), self._inside.sizeHint().height())
        self._scroll.setFixedHeight(wanted)
        layout = self._layout
        layout.activate()
        fixed = layout.totalHeightForWidth(width) - wanted
        self._scroll.setFixedHeight(min(wanted, max(12 * GAP, room.height() - fixed - 4 * GAP)))
        layout.activate()
        self.setFixedHeight(layout.totalHeightForWidth(width))
        self.move(place_beside(QCursor.pos(), self.size(), room))

    def _lay_out(self) -> None:
        self._list.setSpacing(GAP_SMALL)
        self._list.setContentsMargins(0, 0, 0, 0)
        inside = self._content
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(GAP_MEDIUM)
        inside.addLayout(self._list)
        inside.addWidget(self._more)
        inside.addStretch()
        self._scroll.setWidget(self._inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        self._foot.addStretch()
        layout = self._layout
        layout.setContentsMargins(CARD_MARGIN, CARD_MARGIN, CARD_MARGIN, CARD_MARGIN)
        layout.setSpacing(GAP_MEDIUM)
        layout.addWidget(self._verdict)
        layout.addWidget(self._below)
        layout.addWidget(self._above)
        layout.addWidget(self._scroll)
        layout.addWidget(rule())
        layout.addWidget(self._line)
        layout.addWidget(self._resets)
        layout.addLayout(self._foot)


def place_beside(pointer: QPoint, size: QSize, room: QRect) -> QPoint:
    """Where a card of `size` goes: at the edge of `room` that the pointer is nearest to.

    StatusNotifier hosts tell nobody where an icon is; the pointer has just clicked it.
    """
    margin = GAP_SMALL
    left = min(
        max(pointer.x() - size.width() // 2, room.left() + margin),
        room.right() - size.width() - margin + 1,
    )
    upper = pointer.y() < room.center().y()
    top = room.top() + margin if upper else room.bottom() - size.height() - margin + 1
    return QPoint(max(left, room.left()), max(top, room.top()))


class _Timeline(QWidget):
    """Now and the next resets, on a line; the words below say the same."""

    def __init__(self) -> None:
        super().__init__()
        self._marks: tuple[Mark, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        if marks != self._marks:
            self._marks = marks
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(PANEL_WIDTH // 2, 4 * GAP)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        del event
        colors = colors_in_force()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        left, right = _DOT + 1, self.width() - _DOT - 1
        painter.setPen(colors.line)
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.text)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        for place, color in ((0.0, colors.text), *((m.at, colors.accent) for m in self._marks)):
            part = 1 - place if mirrored else place
            painter.setBrush(color)
            painter.drawEllipse(QPointF(left + (right - left) * part, middle), _DOT, _DOT)
        painter.end()
