"""The Rules page: what there is in tables, every change a verb that can be taken back."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QTableView, QWidget

from core.domain.errors import CoreError
from tests.tray.shown import THREE, Shown, button, named, texts
from tests.tray.snapshots import snapshot
from tray.present.entries import Perform
from tray.windows.page_name import PageName

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def select(page: QWidget, table: str, row: int) -> None:
    named(page, QTableView, table).selectRow(row)


def first_wish(shown: Shown) -> Perform:
    return shown.engine.answer()[0]


def test_page_shows_all_six(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    rows = {
        name: named(page, QTableView, name).model().rowCount()
        for name in (
            "How accounts are chosen", "Pools", "Project folders, models, clients", "Budgets",
            "Weights", "Profiles",
        )
    }  # fmt: skip
    assert list(rows.values()) == [8, 2, 3, 2, 3, 3]


def test_nothing_can_be_done_with_a_row_before_one_is_chosen(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    assert not button(page, "&Remove the pool").isEnabled()
    select(page, "Pools", 0)
    assert button(page, "&Remove the pool").isEnabled()


def test_pool_is_made_with_its_first_account(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    named(page, QLineEdit, "Name of the pool").setText(" night ")
    button(page, "Ma&ke the pool").click()
    arguments = first_wish(shown).arguments
    assert arguments == {"action": "create", "pool": "night", "accounts": ["acc_1"]}


def test_pool_without_a_name_is_no_wish(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    button(page, "Ma&ke the pool").click()
    assert shown.engine.answer() == []


def test_account_is_put_into_the_selected_pool(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    select(page, "Pools", 1)
    named(page, QComboBox, "Account of the pool").setCurrentIndex(2)
    button(page, "&Put the account in").click()
    arguments = first_wish(shown).arguments
    assert arguments == {"action": "add", "pool": "own", "accounts": ["acc_3"]}


def test_rule_is_added_as_it_was_filled_in(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    named(page, QLineEdit, "Project folder").setText("/home/person/client-b")
    named(page, QComboBox, "Pool that may serve").setCurrentIndex(1)
    button(page, "&Add the rule").click()
    arguments = first_wish(shown).arguments
    assert arguments == {"action": "add", "folder": "/home/person/client-b", "pool": "job"}
    assert named(page, QLineEdit, "Project folder").text() == ""


def test_budget_is_set_for_whom_it_names(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    named(page, QLineEdit, "How much").setText("20M")
    about = named(page, QComboBox, "What it limits")
    assert not named(page, QLineEdit, "Client or project folder").isEnabled()
    about.setCurrentIndex(about.count() - 1)
    assert named(page, QLineEdit, "Client or project folder").isEnabled()
    button(page, "Set the &budget").click()
    assert shown.engine.answer() == []
    named(page, QLineEdit, "Client or project folder").setText("/home/person/client-b")
    button(page, "Set the &budget").click()
    assert first_wish(shown).arguments == {
        "action": "set", "project": "/home/person/client-b", "requests": "20M", "per": "hour",
    }  # fmt: skip


def test_empty_rule_is_no_wish(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    button(page, "&Add the rule").click()
    assert shown.engine.answer() == []


def test_removed_rule_can_be_taken_back_at_the_top(shown: Shown) -> None:
    shown.engine.answers["rule"]["messages"] = ["Rule 3 is removed."]  # type: ignore[index]
    page = shown.open(PageName.RULES)
    select(page, "Project folders, models, clients", 1)
    button(page, "Remo&ve the rule").click()
    assert first_wish(shown).arguments == {"action": "remove", "value": "3"}
    assert "Rule 3 is removed." in texts(shown.window)
    button(shown.window, "Und&o").click()
    (back,) = shown.wishes
    assert isinstance(back, Perform)
    assert back.arguments["model"] == "gpt-6.1-luna*"


def test_undo_is_seen_on_the_page(shown: Shown) -> None:
    shown.open(PageName.RULES)
    shown.window.wish_performed()
    assert {question.verb for question in shown.engine.answer()} >= {"pool", "rule", "profile"}


def test_page_asks_again_when_somebody_chose_something_and_not_with_every_request(
    shown: Shown,
) -> None:
    shown.open(PageName.RULES)
    first, *others = THREE.accounts
    shown.see(replace(THREE, accounts=(replace(first, in_flight=3, windows=()), *others)))
    assert shown.engine.answer() == []
    shown.see(replace(THREE, accounts=(replace(first, weight=3), *others)))
    assert "pool" in {question.verb for question in shown.engine.answer()}


def test_what_counts_elsewhere_is_chosen_at_once(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    box = named(page, QComboBox, "Folders that no rule covers")
    assert box.currentData() == "own"
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert first_wish(shown).arguments == {"action": "unknown", "value": "refuse"}


def test_strategy_weight_and_profile_are_chosen_by_their_rows(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    select(page, "How accounts are chosen", 0)
    button(page, "&Use this strategy").click()
    select(page, "Weights", 1)
    named(page, QSpinBox, "Weight of the account").setValue(3)
    button(page, "Set the &weight").click()
    select(page, "Profiles", 2)
    button(page, "Use this pro&file").click()
    wishes = [
        q for q in shown.engine.answer() if q.arguments.get("action") not in (None, "explain")
    ]
    assert [(w.verb, w.arguments) for w in wishes] == [
        ("rotation", {"action": "strategy", "value": "balanced"}),
        ("account", {"action": "weight", "account": "acc_2", "value": "3"}),
        ("profile", {"action": "use", "name": "night"}),
    ]


def test_profile_that_came_with_the_program_cannot_be_removed(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    select(page, "Profiles", 0)
    assert not button(page, "Remove the profi&le").isEnabled()
    select(page, "Profiles", 2)
    assert button(page, "Remove the profi&le").isEnabled()


def test_refusal_is_said_at_the_top(shown: Shown) -> None:
    page = shown.open(PageName.RULES)
    select(page, "Pools", 0)
    shown.engine.answers["pool"] = CoreError("pool_in_use", "Rule 1 names it.", "Remove that.")
    button(page, "&Remove the pool").click()
    shown.engine.answer()
    assert "Rule 1 names it.\nRemove that." in texts(shown.window)


def test_answer_that_cannot_be_had_is_said_in_its_place(shown: Shown) -> None:
    shown.engine.answers["rule"] = CoreError("broken", "The rules cannot be read.", "Try again.")
    page = shown.open(PageName.RULES)
    assert "The rules cannot be read. Try again." in texts(page)
    assert "own" in [named(page, QTableView, "Pools").model().index(1, 0).data()]


def test_without_an_account_the_next_step_is_offered(shown: Shown) -> None:
    assert "No account yet" in texts(shown.open(PageName.RULES, snapshot()))
