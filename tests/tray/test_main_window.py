"""The main window: every page shows its answers, and what is clicked leaves as a wish."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTableView,
)
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from core.domain.errors import CoreError
from core.runtime.language import local_speech
from tests.tray import answers
from tests.tray.catalogue import LANGUAGES
from tests.tray.shown import THREE, Shown, button, cells, named, places, press, texts
from tests.tray.snapshots import NOW, account, snapshot, window
from tray.present.entries import Choice, Perform, Several
from tray.present.notices import Notice
from tray.windows.page_name import PageName

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

_ONE_LINE = 30
"""Device-independent pixels within which widgets stand beside each other."""

# --- accounts --------------------------------------------------------------------------------


def test_accounts_stand_in_a_table_and_the_first_one_beside_it(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    assert [row[0] for row in cells(page)] == ["Work", "Personal", "Client"]
    assert "#1 Work" in texts(page)


def test_window_out_of_sight_waits_for_being_brought_up(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    shown.window.close()
    shown.see(snapshot(account(1, "Job")))
    assert "#1 Work" in [part.text() for part in page.findChildren(QLabel)]
    shown.window.bring_up()
    assert "#1 Job" in texts(page)


def test_window_that_is_brought_up_again_leaves_the_keyboard_where_it_is(
    shown: Shown, qtbot: QtBot
) -> None:
    page = shown.open(PageName.ACCOUNTS)
    search = named(page, QLineEdit, "Search accounts")
    search.setFocus()
    qtbot.waitUntil(search.hasFocus)
    shown.window.bring_up()
    assert search.hasFocus()


def test_minimised_window_is_in_step_when_it_comes_back(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    shown.window.showMinimized()
    shown.see(snapshot(account(1, "Job")))
    assert "#1 Work" in [part.text() for part in page.findChildren(QLabel)]
    shown.window.showNormal()
    assert "#1 Job" in texts(page)


def test_search_leaves_what_was_typed(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    named(page, QLineEdit, "Search accounts").setText("sign-in")
    assert [row[0] for row in cells(page)] == ["Client"]


def test_numbers_change_without_moving_what_is_selected(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    table = page.findChild(QTableView)
    assert table is not None
    table.selectRow(1)
    shown.see(snapshot(account(1, "Work"), account(2, "Personal", windows=(window(7),))))
    assert table.currentIndex().row() == 1
    assert "#2 Personal" in texts(page)
    assert "7 %" in texts(page)


@pytest.mark.parametrize(
    ("key", "wish"),
    [
        pytest.param("S", Perform(verb="use", arguments={"account": "acc_1"}), id="S uses"),
        pytest.param(
            "E",
            Perform(verb="account", arguments={"action": "pause", "account": "acc_1"}),
            id="E pauses",
        ),
        pytest.param("2", Perform(verb="use", arguments={"account": "acc_2"}), id="a digit uses"),
    ],
)
def test_keys_of_the_list(shown: Shown, key: str, wish: Perform) -> None:
    press(shown.open(PageName.ACCOUNTS), key)
    assert shown.wishes == [wish]


def test_name_that_is_typed_is_a_wish_and_a_snapshot_does_not_take_it_away(
    shown: Shown, qtbot: QtBot
) -> None:
    page = shown.open(PageName.ACCOUNTS)
    field = named(page, QLineEdit, "Name")
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.setText("Job")
    shown.see(snapshot(account(1, "Work", windows=(window(7),))))
    assert field.text() == "Job"
    field.editingFinished.emit()
    assert shown.wishes == [
        Perform(verb="account", arguments={"action": "rename", "account": "acc_1", "value": "Job"})
    ]


def test_tags_that_are_typed_are_one_wish_for_each_that_came_or_went(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS, snapshot(replace(account(1), tags=("job", "old"))))
    field = named(page, QLineEdit, "Tag list")
    assert field.text() == "job, old"
    field.setText("job,  new, new ")
    field.editingFinished.emit()
    (several,) = shown.wishes
    assert isinstance(several, Several)
    assert [(w.arguments["action"], w.arguments["value"]) for w in several.wishes] == [
        ("untag", "old"),
        ("tag", "new"),
    ]


def test_weight_that_is_typed_is_a_wish(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    box = named(page, QSpinBox, "Share by weight")
    box.setValue(4)
    box.editingFinished.emit()
    (wish,) = shown.wishes
    assert isinstance(wish, Perform)
    assert wish.arguments == {"action": "weight", "account": "acc_1", "value": "4"}


def test_d_removes_the_account(shown: Shown) -> None:
    press(shown.open(PageName.ACCOUNTS), "D")
    removed = Perform(verb="account", arguments={"action": "remove", "account": "acc_1"})
    assert shown.wishes == [removed]


def test_question_mark_explains_the_keys(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    press(page, "?")
    assert {"S", "use the selected account"} <= set(texts(page))


def test_slash_goes_to_the_search(shown: Shown, qtbot: QtBot) -> None:
    page = shown.open(PageName.ACCOUNTS)
    press(page, "/")
    qtbot.waitUntil(named(page, QLineEdit, "Search accounts").hasFocus)


def test_export_asks_where(shown: Shown, tmp_path: Path) -> None:
    page = shown.open(PageName.ACCOUNTS)
    button(page, "E&xport…").click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "out.json"))
    dialog.reject()
    assert shown.wishes == [Perform(verb="export", arguments={"file": str(tmp_path / "out.json")})]


def test_several_are_done_together_and_taken_back_together(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    table = page.findChild(QTableView)
    assert table is not None
    table.selectAll()
    assert "3 accounts" in texts(page)
    press(page, "E")
    done = shown.engine.answer()
    assert [(w.arguments["action"], w.arguments["account"]) for w in done] == [
        ("pause", "acc_1"),
        ("pause", "acc_2"),
        ("pause", "acc_3"),
    ]
    assert "Done for 3 accounts." in texts(shown.window)
    button(shown.window, "Und&o").click()
    (back,) = shown.wishes
    assert isinstance(back, Several)
    assert [(w.arguments["action"], w.arguments["account"]) for w in back.wishes] == [
        ("resume", "acc_3"),
        ("resume", "acc_2"),
        ("resume", "acc_1"),
    ]


def test_refusal_of_one_does_not_stop_the_others(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    table = page.findChild(QTableView)
    assert table is not None
    table.selectAll()
    shown.engine.answers["account"] = CoreError("locked", "Your logins are locked.", "Unlock.")
    named(page, QLineEdit, "Tag for all of them").setText("job")
    button(page, "Tag a&ll of them").click()
    assert len(shown.engine.answer()) == 3
    said = "Done for 0 accounts. Refused for 3: Your logins are locked. Unlock."
    assert said in texts(shown.window)


def test_snapshot_leaves_several_selected(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    table = page.findChild(QTableView)
    assert table is not None
    table.selectAll()
    shown.see(
        snapshot(
            account(1, "Work", windows=(window(7),)), account(2, "Personal"), account(3, "Client")
        )
    )
    assert "3 accounts" in texts(page)


def test_nothing_typed_is_no_wish(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS)
    named(page, QLineEdit, "Name").editingFinished.emit()
    assert shown.wishes == []


def test_empty_state_offers_the_next_step(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS, snapshot())
    assert "No account yet" in texts(page)
    button(page, "&Import from Codex").click()
    assert shown.wishes == [Perform(verb="import", arguments={"from": "codex"})]


def test_locked_logins_say_what_to_do(shown: Shown) -> None:
    page = shown.open(PageName.ACCOUNTS, snapshot(locked=True))
    assert "Your logins are locked" in texts(page)


def test_two_hundred_accounts_come_and_go(shown: Shown) -> None:
    for count in (200, 0, 3):
        page = shown.open(
            PageName.ACCOUNTS, snapshot(*(account(n, f"A{n}") for n in range(1, count + 1)))
        )
        assert len(cells(page)) == count


# --- activity --------------------------------------------------------------------------------


def test_requests_are_asked_for_when_the_page_is_opened(shown: Shown) -> None:
    shown.see(THREE)
    assert shown.engine.answer() == []
    page = shown.open(PageName.ACTIVITY)
    assert [row[2] for row in cells(page)][:3] == ["served", "left by Codex", "failed (502)"]
    assert "The chat lives on Work." in texts(page)


def test_request_that_came_is_asked_for(shown: Shown) -> None:
    shown.open(PageName.ACTIVITY)
    more = replace(THREE.traffic, last_hour=replace(THREE.traffic.last_hour, requests=1))
    shown.see(replace(THREE, traffic=more))
    assert [question.verb for question in shown.engine.answer()] == ["log"]
    shown.see(replace(THREE, traffic=more))
    assert shown.engine.answer() == []


def test_simulation_is_told_like_a_request(shown: Shown) -> None:
    page = shown.open(PageName.ACTIVITY)
    button(page, "Simu&late the next request").click()
    shown.engine.answer()
    assert "The next new chat" in texts(page)


def test_simulation_that_is_refused_is_said(shown: Shown) -> None:
    page = shown.open(PageName.ACTIVITY)
    shown.engine.answers["simulate"] = CoreError("no_account", "There is no account.", "Add one.")
    button(page, "Simu&late the next request").click()
    shown.engine.answer()
    assert "There is no account.\nAdd one." in texts(shown.window)


def test_record_that_cannot_be_read_is_said(shown: Shown) -> None:
    shown.engine.answers["log"] = CoreError("ledger", "The record is broken.", "Delete ledger.db.")
    page = shown.open(PageName.ACTIVITY)
    assert "The record is broken.\nDelete ledger.db." in texts(page)


# --- health ----------------------------------------------------------------------------------


def test_findings_have_their_fix_and_fixing_looks_again(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    assert "2 things are wrong." in texts(page)
    button(page, "Fix").click()
    assert [(q.verb, q.arguments.get("fix")) for q in shown.engine.answer()] == [
        ("doctor", True),
        ("doctor", None),
    ]


def test_bind_is_shown_as_its_change_and_can_be_taken_back(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    assert any("openai_base_url" in text for text in texts(page))
    button(shown.window, "Stop routin&g Codex").click()
    assert shown.wishes == [Perform(verb="unbind")]


def test_looking_twice_at_once_is_looking_once(shown: Shown) -> None:
    shown.see(THREE)
    shown.window.bring_up(PageName.HEALTH)
    shown.window.bring_up(PageName.ACTIVITY)
    shown.window.bring_up(PageName.HEALTH)
    assert [q.verb for q in shown.engine.answer()].count("doctor") == 1


# --- settings --------------------------------------------------------------------------------


def test_choice_is_set_at_once_and_can_be_undone(shown: Shown) -> None:
    page = shown.open(PageName.SETTINGS)
    box = named(page, QComboBox, "Strategy")
    box.textActivated.emit("sticky")
    (first, second) = shown.engine.answer()
    assert first.arguments == {"action": "set", "key": "routing.strategy", "value": "sticky"}
    assert second.arguments == {"action": "explain"}
    button(page, "Und&o").click()
    assert shown.engine.answer()[0].arguments == {"action": "unset", "key": "routing.strategy"}


def test_undo_that_is_refused_is_said(shown: Shown) -> None:
    page = shown.open(PageName.SETTINGS)
    named(page, QComboBox, "Strategy").textActivated.emit("sticky")
    shown.engine.answer()
    shown.engine.answers["config"] = CoreError("refused", "settings.toml is locked.", "Close it.")
    button(page, "Und&o").click()
    shown.engine.answer()
    assert "settings.toml is locked. Close it." in texts(page)


def test_flag_and_number_are_set_too(shown: Shown) -> None:
    page = shown.open(PageName.SETTINGS)
    named(page, QCheckBox, "Other back ends").click()
    port = named(page, QLineEdit, "Port")
    port.setText("9000")
    port.editingFinished.emit()
    wishes = [q.arguments for q in shown.engine.answer() if q.arguments["action"] == "set"]
    assert [(w["key"], w["value"]) for w in wishes] == [
        ("upstream.allow_custom", "true"),
        ("proxy.port", "9000"),
    ]


def test_value_that_does_not_count_is_said_beside_its_field(shown: Shown) -> None:
    page = shown.open(PageName.SETTINGS)
    shown.engine.answers["config"] = CoreError("bad_setting", "7 is too small.", "From 1024 on.")
    port = named(page, QLineEdit, "Port")
    port.setText("7")
    port.editingFinished.emit()
    shown.engine.answer()
    assert "7 is too small. From 1024 on." in texts(page)


def test_setting_that_the_environment_holds_is_read_only(shown: Shown) -> None:
    shown.engine.answers["config"] = answers.config({"proxy.port": (9000, "environment")})
    page = shown.open(PageName.SETTINGS)
    assert not named(page, QLineEdit, "Port").isEnabled()
    assert "TURNTABLE_PROXY_PORT holds it; change it there." in texts(page)


def test_search_hides_what_does_not_fit_and_its_empty_sections(shown: Shown) -> None:
    page = shown.open(PageName.SETTINGS)
    named(page, QLineEdit, "Search settings").setText("strategy balanced")
    assert "Rotation" in texts(page)
    assert "Proxy" not in texts(page)


# --- the window ------------------------------------------------------------------------------


def test_message_stands_at_the_top_with_what_can_be_done(shown: Shown) -> None:
    shown.open(PageName.ACCOUNTS)

    undo = Choice(id="undo", text="Und&o", action=Perform(verb="auto"))
    shown.window.tell(Notice(title="T", text="Done.", trouble=False, actions=(undo,)))
    assert "Done." in texts(shown.window)
    button(shown.window, "Und&o").click()
    assert shown.wishes == [Perform(verb="auto")]
    assert "Done." not in texts(shown.window)


def test_messages_are_kept_newest_first_and_not_for_ever(shown: Shown) -> None:
    page = shown.open(PageName.MESSAGES)
    assert "No messages" in texts(page)
    for number in range(120):
        notice = Notice(title=f"Title {number}", text="Text.", trouble=False)
        shown.window.messages.keep(notice, NOW, NOW)
    kept = {t: place for t, place in places(page).items() if t.startswith("Title")}
    assert (len(kept), min(kept, key=lambda title: kept[title])) == (100, "Title 119")


def test_window_remembers_its_page(shown: Shown) -> None:
    shown.open(PageName.HEALTH)
    again = Shown()
    again.window.restore(shown.window.geometry_kept(), shown.window.page())
    assert again.window.page() is PageName.HEALTH
    again.window.restore("not hexadecimal", "a page of tomorrow")
    assert again.window.page() is PageName.HEALTH
    again.window.close_for_good()


def test_menu_of_the_tray_is_in_the_window_too(shown: Shown) -> None:
    shown.open(PageName.ACCOUNTS)
    button(shown.window, "&Menu").click()
    assert shown.window.menu_is_open()


def test_ctrl_and_a_digit_turn_the_page(shown: Shown) -> None:
    shown.open(PageName.ACCOUNTS)
    shortcut = next(
        s for s in shown.window.findChildren(QShortcut) if s.key() == QKeySequence("Ctrl+5")
    )
    shortcut.activated.emit()
    assert shown.window.page() is PageName.HEALTH


@pytest.mark.parametrize("page", list(PageName))
def test_tab_goes_through_a_page_as_it_is_read(shown: Shown, page: PageName) -> None:
    """From the top down; up only to what stands beside, as from the table to the account."""
    inside = shown.open(page)
    QCoreApplication.processEvents()
    inside.grab()  # has everything laid out
    stops: list[tuple[str, QRect]] = []
    widget = inside.nextInFocusChain()
    while widget is not None and widget is not inside:
        tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if inside.isAncestorOf(widget) and widget.isVisible() and tab and widget.isEnabled():
            area = QRect(widget.mapTo(inside, QPoint()), widget.size())
            stops.append((widget.accessibleName() or repr(widget), area))
        widget = widget.nextInFocusChain()
    upwards = [
        (before, after)
        for (before, one), (after, other) in pairwise(stops)
        if other.top() < one.top() - _ONE_LINE and other.left() <= one.right()
    ]
    assert len(stops) > 1 or page is PageName.MESSAGES
    assert upwards == []


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@pytest.mark.parametrize("page", list(PageName))
def test_every_letter_of_the_keyboard_means_one_thing(
    qapp: QApplication, page: PageName, language: str
) -> None:
    del qapp
    shown = Shown(local_speech(language, {}))
    shown.open(page)
    undo = Choice(id="undo", text=shown.speech.say("Und&o"), action=Perform(verb="auto"))
    shown.window.tell(Notice(title="T", text="Done.", trouble=False, actions=(undo,)))
    QCoreApplication.processEvents()
    marked = [b.text() for b in shown.window.findChildren(QAbstractButton) if b.isVisible()]
    marked += [
        part.text()
        for part in shown.window.findChildren(QLabel)
        if part.isVisible() and part.buddy() is not None
    ]
    shown.window.close_for_good()
    delete(shown.window)
    letters = [text[text.index("&") + 1].lower() for text in marked if "&" in text]
    assert len(letters) == len(set(letters)), marked
