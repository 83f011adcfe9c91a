"""What every page of the main window is: a title, a body, a wish now and then."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.domain.report import StatusReport
from tray.parts.labels import label
from tray.theme import GAP_LARGE, HUGE, PAGE_MARGIN


class Page(QWidget):
    """A page. It renders snapshots and keeps nothing but what is selected, typed and sorted.

    Signals:
        chosen: an `Action`.
        told: a `Notice` for the top of the window.

    Attributes:
        title: as in the list of pages.
    """

    chosen = Signal(object)
    told = Signal(object)

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.setAccessibleName(title)
        self._heading = label(title, size=HUGE, bold=True)
        self._top = QHBoxLayout()
        self._top.addWidget(self._heading)
        self._top.addStretch()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN, PAGE_MARGIN)
        self.body.setSpacing(GAP_LARGE)
        self.body.addLayout(self._top)

    @property
    def heading(self) -> QLabel:
        """The page's name in large letters."""
        return self._heading

    def beside_the_title(self, widget: QWidget) -> None:
        """Put a widget at the end of the title's line."""
        self._top.addWidget(widget, alignment=Qt.AlignmentFlag.AlignVCenter)

    def show_report(self, report: StatusReport, now: datetime) -> None:
        """Show what this snapshot says; the page may be out of sight."""

    def opened(self) -> None:
        """The page comes into sight."""

    def wish_performed(self) -> None:
        """A wish of the window was performed; what is in no snapshot may have changed."""
