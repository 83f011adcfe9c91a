"""Buttons of choices: each in its place, whatever came and went before."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.tray.shown import Shown, press
from tests.tray.snapshots import account, snapshot
from tray.parts.choices import ChoiceGrid
from tray.present.entries import Action, Choice, Perform, SignIn
from tray.windows.page_name import PageName

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def choice(id_: str) -> Choice:
    return Choice(id=id_, text=id_, action=Perform(verb=id_))


@pytest.fixture
def wished() -> list[Action]:
    return []


@pytest.fixture
def grid(qtbot: QtBot, wished: list[Action]) -> Iterator[ChoiceGrid]:
    window = QWidget()
    qtbot.addWidget(window)
    made = ChoiceGrid(2, wished.append)
    window.setLayout(made)
    window.show()
    yield made
    window.hide()


def placed(grid: ChoiceGrid) -> list[QWidget | None]:
    """What lies in the first places, row by row."""
    items = [grid.itemAtPosition(row, column) for row in (0, 1) for column in (0, 1)]
    return [None if item is None else item.widget() for item in items]


def test_what_comes_first_later_moves_the_others_on(grid: ChoiceGrid) -> None:
    grid.show_choices((choice("use"), choice("stay")))
    assert grid.show_choices((choice("sign_in"), choice("use"), choice("stay")))
    assert [button.text() for button in grid.buttons()] == ["sign_in", "use", "stay"]
    assert placed(grid) == [*grid.buttons(), None]


def test_what_is_not_offered_any_more_is_gone(grid: ChoiceGrid) -> None:
    grid.show_choices((choice("sign_in"), choice("use")))
    gone = grid.button("sign_in")
    assert gone is not None
    grid.show_choices((choice("use"),))
    assert not gone.isVisible()
    assert grid.button("sign_in") is None


def test_same_choices_are_the_same_buttons(grid: ChoiceGrid, wished: list[Action]) -> None:
    grid.show_choices((choice("use"),))
    before = grid.buttons()
    later = Choice(id="use", text="use", action=Perform(verb="stay"))
    assert not grid.show_choices((later,))
    assert grid.buttons() == before
    before[0].click()
    assert wished == [Perform(verb="stay")]


def test_r_signs_in_the_selected_account_and_no_other(qtbot: QtBot) -> None:
    shown = Shown()
    qtbot.addWidget(shown.window)
    ended = account(1, "Ended", state="needs_sign_in", windows=())
    page = shown.open(PageName.ACCOUNTS, snapshot(ended, account(2, "Well")))
    press(page, "R")
    assert shown.wishes == [SignIn(way="browser", again=ended.id)]
    shown.wishes.clear()
    shown.see(snapshot(account(1, "Ended"), account(2, "Well")))
    press(page, "R")
    assert shown.wishes == []
    shown.window.close_for_good()
