"""A QR code (ISO/IEC 18004), drawn from its matrix.

Black on white in every scheme, or no camera would read it.
"""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_QUIET = 4
"""Modules of white around it, as the standard asks for."""
_LEAST = 4
"""Device-independent pixels of a module."""


class QrCode(QWidget):
    """Shows an address as a code; its accessible name is the address itself."""

    def __init__(self) -> None:
        super().__init__()
        self._matrix: tuple[tuple[bool, ...], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show this from now on; empty shows nothing."""
        self.setAccessibleName(text)
        self._matrix = _matrix(text) if text else ()
        self.updateGeometry()
        self.update()

    def module(self) -> int:
        """How wide a module is, in device-independent pixels: it grows with the text."""
        return max(_LEAST, self.fontMetrics().height() // 4)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The code with the white around it."""
        side = (len(self._matrix) + 2 * _QUIET) * self.module() if self._matrix else 0
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A part of a code is none."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Whole pixels, no smoothing."""
        del event
        if not self._matrix:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        side = self.module()
        for line, modules in enumerate(self._matrix, _QUIET):
            for column, dark in enumerate(modules, _QUIET):
                if dark:
                    place = (column * side, line * side, side, side)
                    painter.fillRect(*place, Qt.GlobalColor.black)
        painter.end()


def _matrix(text: str) -> tuple[tuple[bool, ...], ...]:
    # Needed by whoever signs in with a code, and by nobody else.
    import segno

    made = segno.make(text, micro=False, error="m")
    return tuple(tuple(bool(module) for module in line) for line in made.matrix)
