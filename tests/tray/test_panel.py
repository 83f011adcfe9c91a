"""The glance panel on the screen: where it stands, what it keeps, when it goes."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot, week, window
from tray.panel import GlancePanel, place_beside
from tray.parts.buttons import ActionButton
from tray.present.entries import Action, Perform
from tray.present.panel import PanelView, panel

# The offscreen platform cannot raise a window, and says so.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

ROOM = QRect(0, 32, 1920, 1048)
CARD = QSize(360, 500)


def view(*accounts: int) -> PanelView:
    made = (account(n, f"Account {n}") for n in accounts)
    return panel(snapshot(*made), speech=english(), now=NOW)


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[GlancePanel]:
    made = GlancePanel(english())
    qtbot.addWidget(made)
    yield made
    made.hide()


def rows(shown: GlancePanel) -> list[QAbstractButton]:
    heads = (b for b in shown.findChildren(QAbstractButton) if b.isCheckable())
    return [head for head in heads if head.isVisibleTo(shown)]


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        pytest.param(QPoint(1800, 10), QPoint(1552, 40), id="panel above, icon at the right"),
        pytest.param(QPoint(1800, 1075), QPoint(1552, 572), id="panel below"),
        pytest.param(QPoint(960, 10), QPoint(780, 40), id="icon in the middle"),
        pytest.param(QPoint(0, 10), QPoint(8, 40), id="icon at the left"),
    ],
)
def test_card_stands_beside_the_tray(pointer: QPoint, place: QPoint) -> None:
    assert place_beside(pointer, CARD, ROOM) == place


def test_card_never_leaves_a_small_screen() -> None:
    room = QRect(0, 0, 320, 240)
    assert place_beside(QPoint(300, 5), CARD, room) == QPoint(0, 8)


def test_card_grows_when_numbers_come_while_it_is_open(shown: GlancePanel) -> None:
    bare = snapshot(*(account(n, f"A{n}", windows=()) for n in range(1, 6)))
    shown.show_view(panel(bare, speech=english(), now=NOW))
    shown.pop_up()
    QCoreApplication.processEvents()
    shown.show_view(view(1, 2, 3, 4, 5))
    QCoreApplication.processEvents()
    assert [a.verticalScrollBar().maximum() for a in shown.findChildren(QScrollArea)] == [0]


def test_account_whose_sign_in_ended_offers_it_in_its_open_row(shown: GlancePanel) -> None:
    shown.show_view(view(1))
    shown.pop_up()
    shown.open_row("acc_1")
    ended = snapshot(account(1, state="needs_sign_in", windows=()))
    shown.show_view(panel(ended, speech=english(), now=NOW))
    buttons = [b for b in shown.findChildren(ActionButton) if b.isVisible()]
    assert {"Sign in a&gain", "&Use"} <= {button.text() for button in buttons}


def test_row_that_is_open_stays_open_while_numbers_change(shown: GlancePanel) -> None:
    shown.show_view(view(1, 2))
    rows(shown)[1].click()
    less = account(2, "Account 2", windows=(window(12), week(40)))
    report = snapshot(account(1, "Account 1"), less)
    shown.show_view(panel(report, speech=english(), now=NOW))
    assert [row.isChecked() for row in rows(shown)] == [False, True]
    assert "12 %" in [label.text() for label in rows(shown)[1].findChildren(QLabel)]


def test_account_that_left_takes_its_row_with_it(shown: GlancePanel) -> None:
    shown.show_view(view(1, 2, 3))
    shown.show_view(view(1, 3))
    assert [row.accessibleName().split(",")[0] for row in rows(shown)] == ["Account 1", "Account 3"]


def test_button_of_an_open_row_is_a_wish_and_closes_the_panel(shown: GlancePanel) -> None:
    chosen: list[Action] = []
    shown.chosen.connect(chosen.append)
    shown.show_view(view(1, 2))
    shown.pop_up()
    rows(shown)[1].click()
    button = next(
        b
        for b in shown.findChildren(QAbstractButton)
        if b.text() == "&Use" and b.isVisible() and b.isEnabled()
    )
    button.click()
    assert chosen == [Perform(verb="use", arguments={"account": "acc_2"})]
    assert not shown.isVisible()


def test_escape_closes_and_a_second_click_closes_too(shown: GlancePanel) -> None:
    shown.show_view(view(1))
    shown.pop_up()
    assert shown.isVisible()
    escape = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    shown.keyPressEvent(escape)
    assert not shown.isVisible()
    shown.pop_up()
    shown.pop_up()
    assert not shown.isVisible()


def test_twelve_open_rows_scroll_and_the_card_stays_on_the_screen(shown: GlancePanel) -> None:
    shown.show_view(view(*range(1, 13)))
    shown.pop_up()
    for row in rows(shown):
        row.click()
    assert shown.height() <= shown.screen().availableGeometry().height()


def test_every_row_can_be_read_aloud(shown: GlancePanel) -> None:
    shown.show_view(view(1, 2))
    assert all("5 h 62 % left" in row.accessibleName() for row in rows(shown))
