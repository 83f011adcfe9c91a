"""A box to tick: seen in every scheme, used by mouse and keyboard."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.tray.test_icon import contrast
from tray.parts.tick_box import TickBox
from tray.style import dress
from tray.theme import Scheme, window_colors

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

_SEEN = 3.0
"""WCAG 2.2, 1.4.11."""


@pytest.fixture(params=list(Scheme))
def scheme(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Scheme]:
    dress(qapp, request.param)
    yield request.param
    dress(qapp, Scheme.LIGHT)


@pytest.fixture
def box(qtbot: QtBot, scheme: Scheme) -> TickBox:
    del scheme
    made = TickBox()
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    return made


@pytest.mark.parametrize("ticked", [False, True])
@pytest.mark.parametrize("enabled", [False, True])
def test_box_stands_out_from_its_ground(
    box: TickBox, scheme: Scheme, ticked: bool, enabled: bool
) -> None:
    box.setChecked(ticked)
    box.setEnabled(enabled)
    picture = box.grab().toImage()
    inks = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(4)}
    surface = window_colors(scheme).surface
    assert max(contrast(QColor(ink), surface) for ink in inks) > _SEEN


def test_ticked_and_not_are_told_apart(box: TickBox) -> None:
    empty = box.grab().toImage()
    box.setChecked(True)
    assert box.grab().toImage() != empty


def test_box_is_ticked_by_mouse_and_by_keyboard(box: TickBox) -> None:
    QTest.mouseClick(box, Qt.MouseButton.LeftButton)
    assert box.isChecked()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert not box.isChecked()


def test_box_grows_with_the_text(box: TickBox) -> None:
    small = box.sizeHint().height()
    box.setFont(QFont("DejaVu Sans", 2 * box.font().pointSize()))
    assert box.sizeHint().height() > 1.5 * small
