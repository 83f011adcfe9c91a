"""The Qt menu: follows the tree in place, and never moves under the pointer."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QMenu

from core.domain.report import StatusReport
from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot, window
from tray.menu import TrayMenu, as_marked, for_dbusmenu
from tray.present.entries import Action, Choice, Entry, Local, Perform
from tray.present.menu import menu

pytestmark = pytest.mark.usefixtures("qapp")

WORK = account(1)
HOME = account(2, "Home")


def tree(report: StatusReport) -> tuple[Entry, ...]:
    return menu(report, speech=english(), now=NOW)


@pytest.fixture
def shown() -> Iterator[TrayMenu]:
    shown = TrayMenu()
    yield shown
    shown.close()


def texts(widget: QMenu) -> list[str]:
    return [action.text() for action in widget.actions() if not action.isSeparator()]


def test_numbers_change_in_place(shown: TrayMenu) -> None:
    shown.show_entries(tree(snapshot(WORK, HOME)))
    before = shown.action("account.acc_1")
    less = account(1, windows=(window(12),))
    shown.show_entries(tree(snapshot(less, HOME)))
    assert shown.action("account.acc_1") is before
    assert before is not None
    assert before.text() == "&1  Work   5 h 12 %"


def test_open_menu_keeps_its_lines_and_changes_their_texts(shown: TrayMenu) -> None:
    shown.show_entries(tree(snapshot(WORK)))
    shown.widget.aboutToShow.emit()
    lines = len(texts(shown.widget))
    shown.show_entries(tree(snapshot(account(1, windows=(window(12),)), HOME)))
    assert len(texts(shown.widget)) == lines
    assert "&1  Work   5 h 12 %" in texts(shown.widget)
    shown.widget.aboutToHide.emit()
    assert any("Home" in text for text in texts(shown.widget))


def test_desktop_that_never_says_closed_sees_the_newest_lines_at_the_next_opening(
    shown: TrayMenu,
) -> None:
    shown.show_entries(tree(snapshot(WORK)))
    shown.widget.aboutToShow.emit()
    shown.show_entries(tree(snapshot(WORK, HOME)))
    shown.widget.aboutToShow.emit()
    assert any("Home" in text for text in texts(shown.widget))


def test_entry_that_left_while_the_menu_was_open_still_does_what_it_said(shown: TrayMenu) -> None:
    chosen: list[Action] = []
    shown.chosen.connect(chosen.append)
    shown.show_entries(tree(snapshot(WORK, HOME)))
    leaving = shown.action("account.acc_2")
    assert leaving is not None
    shown.widget.aboutToShow.emit()
    shown.show_entries(tree(snapshot(WORK)))
    leaving.trigger()
    assert chosen == [Perform(verb="use", arguments={"account": "acc_2"})]


def test_one_account_is_marked_at_a_time(shown: TrayMenu) -> None:
    shown.show_entries(tree(snapshot(WORK, HOME)))
    work, home = shown.action("account.acc_1"), shown.action("account.acc_2")
    assert work is not None
    assert home is not None
    assert (work.isChecked(), home.isChecked()) == (True, False)
    home.trigger()
    assert (work.isChecked(), home.isChecked()) == (False, True)
    shown.show_entries(tree(snapshot(WORK, HOME)))
    assert (work.isChecked(), home.isChecked()) == (True, False)


def test_refused_toggle_goes_back_to_what_is_true(shown: TrayMenu) -> None:
    entries = tree(snapshot(WORK, bind="unbound"))
    shown.show_entries(entries)
    route = shown.action("route")
    assert route is not None
    route.trigger()
    assert route.isChecked()
    shown.show_entries(entries)
    assert not route.isChecked()


def test_choice_says_what_it_means_at_the_moment_of_the_click(shown: TrayMenu) -> None:
    chosen: list[Action] = []
    shown.chosen.connect(chosen.append)
    for bind in ("unbound", "bound"):
        shown.show_entries(tree(snapshot(WORK, bind=bind)))
        route = shown.action("route")
        assert route is not None
        route.trigger()
    assert chosen == [Perform(verb="bind"), Perform(verb="unbind")]


def test_lines_cannot_be_chosen(shown: TrayMenu) -> None:
    shown.show_entries(tree(snapshot(WORK)))
    for line in ("headline", "details", "help.version"):
        action = shown.action(line)
        assert action is not None
        assert not action.isEnabled()


def test_two_hundred_accounts_come_and_go(shown: TrayMenu) -> None:
    for count in (200, 0, 12):
        accounts = tuple(account(n) for n in range(1, count + 1))
        shown.show_entries(tree(snapshot(*accounts)))
        assert (shown.action(f"account.acc_{count}") is not None) is (count > 0)
        assert shown.action("account.acc_201") is None


@pytest.mark.parametrize(
    ("marked", "spelled"),
    [
        pytest.param("&Quit", "&Quit", id="the mark stays: Qt makes it an underscore"),
        pytest.param("snake_case", "snake__case", id="an underscore is doubled"),
        pytest.param("&1  R&&D", "&1  R&D", id="after the mark an ampersand is only itself"),
        pytest.param("R&&D &Quit", "R&&D Quit", id="before it, it becomes the marked letter"),
        pytest.param("A && B && C", "A && B & C", id="the second one is only itself"),
        pytest.param("plain", "plain", id="nothing to spell"),
    ],
)
def test_spelling_for_menus_that_the_desktop_draws(marked: str, spelled: str) -> None:
    assert for_dbusmenu(marked) == spelled
    assert as_marked(marked) == marked


def test_spelling_is_used_for_every_entry() -> None:
    spelled = TrayMenu(for_dbusmenu)
    spelled.show_entries((Choice(id="quit", text="a_b", action=Local.QUIT),))
    assert texts(spelled.widget) == ["a__b"]
    spelled.close()
