"""No text is cut off: measured from the layouts, in three languages, at 100 and at 200 %."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QRect, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QScrollArea,
    QTableView,
    QWidget,
)
from shiboken6 import delete

from core.runtime.language import local_speech
from tests.tray.catalogue import LANGUAGES
from tests.tray.gallery import (
    Setting,
    code_picture,
    panel_picture,
    passphrase_picture,
    welcome_picture,
    window_picture,
)
from tests.tray.gallery_world import Answers, empty, trouble, usual
from tray.style import dress
from tray.theme import Scheme
from tray.windows.page_name import PageName

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

_POINTS = 10
_CELL_MARGIN = 12
"""Beside the words of a cell."""
_SLACK = 1
"""A pixel: widths are rounded."""


@pytest.fixture(params=["en", *LANGUAGES])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[1.0, 2.0], ids=["100 %", "200 %"])
def setting(request: pytest.FixtureRequest, language: str, qapp: QApplication) -> Iterator[Setting]:
    before = qapp.font()
    scale = float(request.param)
    qapp.setFont(QFont(["DejaVu Sans", "Noto Sans CJK SC"], round(_POINTS * scale)))
    dress(qapp, Scheme.LIGHT)
    yield Setting(scale=scale, speech=local_speech(language, {}))
    qapp.setFont(before)


def laid_out(widget: QWidget) -> QWidget:
    for _ in range(3):
        QCoreApplication.processEvents()
    widget.grab()
    return widget


def cut_off(widget: QWidget) -> list[str]:
    """The texts that their widgets have no room for."""
    found = [
        f"{part.text()!r}: {part.width()}x{part.height()}"
        for part in widget.findChildren(QLabel)
        if part.isVisible() and part.text() and not _has_room(part)
    ]
    found += [
        f"{area.accessibleName()}: scrolls sideways"
        for area in widget.findChildren(QScrollArea)
        if area.isVisible() and area.horizontalScrollBar().maximum() > 0
    ]
    found += [
        f"{table.accessibleName()}: {table.model().index(row, column).data()!r} is cut"
        for table in widget.findChildren(QTableView)
        if table.isVisible() and table.wordWrap()
        for row in range(table.model().rowCount())
        for column in range(table.model().columnCount())
        if table.itemDelegateForColumn(column) is None  # it shortens what has no room
        if not table.isColumnHidden(column)
        if not _cell_has_room(table, row, column)
    ]
    for button in widget.findChildren(QAbstractButton):
        words = button.text()
        if button.isVisible() and words and button.width() + _SLACK < button.sizeHint().width():
            found.append(f"{words!r}: {button.width()} of {button.sizeHint().width()}")
    return found


def _cell_has_room(table: QTableView, row: int, column: int) -> bool:
    """Measured as the words are: a column that does not wrap shows them on one line."""
    text = str(table.model().index(row, column).data() or "")
    width = table.columnWidth(column) - _CELL_MARGIN
    area = QRect(0, 0, width, 10_000)
    needed = table.fontMetrics().boundingRect(area, Qt.TextFlag.TextWordWrap, text)
    return needed.width() <= width and needed.height() <= table.rowHeight(row)


def _has_room(part: QLabel) -> bool:
    if part.wordWrap():
        return part.height() + _SLACK >= part.heightForWidth(part.width())
    return part.width() + _SLACK >= part.sizeHint().width()


@pytest.mark.parametrize("page", list(PageName))
def test_pages(setting: Setting, page: PageName) -> None:
    window = window_picture(page, usual(), setting, Answers(well=False))
    assert cut_off(laid_out(window)) == []
    window.close_for_good()
    delete(window)


@pytest.mark.parametrize("page", [PageName.ACCOUNTS, PageName.ACTIVITY])
def test_lists_are_never_scrolled_sideways(setting: Setting, page: PageName) -> None:
    window = window_picture(page, usual(), setting, Answers())
    tables = [table for table in laid_out(window).findChildren(QTableView) if table.isVisible()]
    assert [table.horizontalScrollBar().maximum() for table in tables] == [0]
    window.close_for_good()
    delete(window)


@pytest.mark.parametrize("page", [PageName.USAGE, PageName.RULES])
def test_pages_when_all_is_well(setting: Setting, page: PageName) -> None:
    window = window_picture(page, usual(), setting, Answers())
    assert cut_off(laid_out(window)) == []
    window.close_for_good()
    delete(window)


def test_window_in_trouble_and_without_an_account(setting: Setting) -> None:
    for report in (trouble(), empty()):
        window = window_picture(PageName.ACCOUNTS, report, setting, Answers())
        assert cut_off(laid_out(window)) == []
        window.close_for_good()
        delete(window)


def test_panel(setting: Setting) -> None:
    panel = panel_picture(usual(), setting)
    assert cut_off(laid_out(panel)) == []
    delete(panel)


def test_first_run(setting: Setting) -> None:
    window = welcome_picture(empty(), setting)
    assert cut_off(laid_out(window)) == []
    delete(window)


def test_code(setting: Setting) -> None:
    dialog = code_picture(setting)
    assert cut_off(laid_out(dialog)) == []
    delete(dialog)


def test_passphrase(setting: Setting) -> None:
    dialog = passphrase_picture(setting)
    assert cut_off(laid_out(dialog)) == []
    delete(dialog)


def test_what_has_no_room_is_found(qapp: QApplication) -> None:
    del qapp
    box = QWidget()
    label = QLabel("far too long for this", box)
    label.resize(20, 20)
    box.show()
    assert len(cut_off(box)) == 1
    box.close()
