"""One account in the glance panel: a line that opens in place to everything known of it."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from tray.parts.bars import BarWidget
from tray.parts.choices import ChoiceGrid
from tray.parts.labels import label, paragraph, set_tone
from tray.parts.order import reading_order
from tray.present.bars import Bar
from tray.present.panel import PanelRow
from tray.present.tone import Tone
from tray.style import colors_in_force
from tray.theme import GAP, GAP_SMALL, RADIUS, SMALL

_TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
_WIDEST_NAME = "week"
_WIDEST_LEFT = "100 %"
_WIDEST_RESET = "Wed 00:00"
_COLUMNS = 3
"""Buttons beside each other."""


class PanelRowWidget(QWidget):
    """Shows a `PanelRow`.

    Signals:
        chosen: the `Action` of a button.
        resized: it was opened or closed.
    """

    chosen = Signal(object)
    resized = Signal()

    def __init__(self, row: PanelRow) -> None:
        super().__init__()
        self._head = _Head(row)
        self._head.toggled.connect(self._toggled)
        self._more = QWidget()
        self._details = paragraph(tone=Tone.MUTED, size=SMALL)
        self._buttons = ChoiceGrid(_COLUMNS, self.chosen.emit)
        self._buttons.setColumnStretch(_COLUMNS, 1)
        more = QVBoxLayout(self._more)
        more.setContentsMargins(GAP_SMALL, 0, GAP_SMALL, GAP_SMALL)
        more.setSpacing(GAP_SMALL)
        more.addWidget(self._details)
        more.addLayout(self._buttons)
        self._more.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self._head)
        layout.addWidget(self._more)
        self.show_row(row)

    def show_row(self, row: PanelRow) -> None:
        """Show this account from now on; whether it is open stays as it is."""
        self._head.show_row(row)
        self._details.setText("\n".join(row.details))
        self._details.setVisible(bool(row.details))
        if self._buttons.show_choices(row.actions):
            reading_order((self._head, *self._buttons.buttons()))

    def open(self) -> None:
        """Show everything."""
        self._head.setChecked(True)

    def _toggled(self, opened: bool) -> None:
        self._more.setVisible(opened)
        self.resized.emit()


class _Head(QAbstractButton):
    """The line that is always there: name, plan, state; a bar for each limit."""

    def __init__(self, row: PanelRow) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._row: PanelRow | None = None
        self._name = label(bold=True)
        self._plan = label(tone=Tone.MUTED)
        self._state = label(size=SMALL)
        self._limits = QGridLayout()
        self._limits.setHorizontalSpacing(GAP_SMALL)
        self._limits.setVerticalSpacing(0)
        self._limits.setColumnStretch(1, 1)
        top = QHBoxLayout()
        top.setSpacing(GAP_SMALL)
        top.addWidget(self._name)
        top.addWidget(self._plan)
        top.addStretch()
        top.addWidget(self._state)
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP_SMALL, GAP_SMALL, GAP_SMALL, GAP_SMALL)
        layout.setSpacing(GAP)
        layout.addLayout(top)
        layout.addLayout(self._limits)
        self.show_row(row)

    def show_row(self, row: PanelRow) -> None:
        if row == self._row:
            return
        before, self._row = self._row, row
        self.setAccessibleName(row.spoken)
        self._name.setText(row.name)
        self._plan.setText(row.plan)
        self._state.setText(" · ".join(part for part in (row.state, row.age) if part))
        set_tone(self._state, row.tone)
        if before is None or before.bars != row.bars:
            self._show_bars(row)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return self._layout.sizeHint()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        del event
        colors = colors_in_force()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(colors.accent, 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        lit = self.underMouse() or self.isChecked()
        painter.setBrush(colors.soft if lit else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, RADIUS - 2, RADIUS - 2)
        painter.end()

    def _show_bars(self, row: PanelRow) -> None:
        while (item := self._limits.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        # The same columns in every row: numbers that stand below each other are compared.
        metrics = self.fontMetrics()
        self._limits.setColumnMinimumWidth(0, metrics.horizontalAdvance(_WIDEST_NAME))
        self._limits.setColumnMinimumWidth(2, metrics.horizontalAdvance(_WIDEST_LEFT))
        self._limits.setColumnMinimumWidth(3, metrics.horizontalAdvance(_WIDEST_RESET))
        for line, bar in enumerate(row.bars):
            left = label(bar.text, tone=_tone(bar))
            left.setAlignment(_TRAILING)
            resets = label(bar.resets, tone=Tone.MUTED, size=SMALL)
            resets.setAlignment(_TRAILING)
            self._limits.addWidget(label(bar.name, tone=Tone.MUTED), line, 0)
            self._limits.addWidget(BarWidget(bar), line, 1)
            self._limits.addWidget(left, line, 2, 1, 1 if bar.resets else 2)
            if bar.resets:
                self._limits.addWidget(resets, line, 3)


def _tone(bar: Bar) -> Tone:
    if bar.left is None:
        return Tone.MUTED
    return Tone.WARN if bar.low else Tone.PLAIN
