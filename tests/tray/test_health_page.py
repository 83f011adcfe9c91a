"""The Health page beside its findings: other tools, their tokens, and the support bundle."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QFontInfo, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QTableView

from core.control.commands import VERBS
from core.domain.errors import CoreError
from tests.tray import answers
from tests.tray.shown import Shown, button, named, texts
from tests.tray.test_rules import select
from tray.style import dress
from tray.theme import Scheme
from tray.windows.page_name import PageName

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[None]:
    before = qapp.font()
    qapp.setFont(QFont(["DejaVu Sans"], 10))
    dress(qapp, Scheme.LIGHT)
    yield
    qapp.setFont(before)


@pytest.mark.usefixtures("dressed")
def test_lines_of_a_file_stand_in_letters_of_one_width(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    texts(page)
    kinds = {
        QFontInfo(part.font()).fixedPitch(): part.text()
        for part in page.findChildren(QLabel)
        if part.text().startswith(("+", "/"))
    }
    assert kinds[True].startswith("+openai_base_url")
    assert kinds[False].startswith("/home")


TOKEN = "tt_fake-token-of-a-tool"


def test_tools_that_may_call_are_listed_with_their_pool(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    model = named(page, QTableView, "Other tools").model()
    rows = [[model.index(n, column).data() for column in range(3)] for n in range(2)]
    assert rows == [["my-tool", "pool job", "08:00"], ["notebook", "any account", "20 Feb 10:00"]]


def test_token_is_shown_once_where_it_can_be_copied_and_nowhere_else(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    shown.engine.answers["client"] = answers.clients() | {
        "token": TOKEN, "messages": ["“shell” may call with this token. It is shown once:", TOKEN],
    }  # fmt: skip
    named(page, QLineEdit, "Name of the tool").setText("shell")
    button(page, "&Let it call").click()
    wish = shown.engine.answer()[0]
    VERBS["client"].check(wish.arguments)
    assert wish.arguments == {"action": "create", "label": "shell"}
    field = named(page, QLineEdit, "Token, shown this once")
    assert field.isVisible()
    assert field.text() == TOKEN
    button(page, "Cop&y the token").click()
    assert QGuiApplication.clipboard().text() == TOKEN
    assert not [text for text in texts(shown.window) if TOKEN in text]


def test_token_is_revoked_by_the_second_click(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    select(page, "Other tools", 1)
    button(page, "Re&voke").click()
    assert shown.engine.answer() == []
    button(page, "Really re&voke").click()
    assert shown.engine.answer()[0].arguments == {"action": "revoke", "client": "cl_2"}
    assert button(page, "Re&voke").isEnabled()


def test_another_row_takes_the_question_away(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    select(page, "Other tools", 1)
    button(page, "&New token").click()
    select(page, "Other tools", 0)
    button(page, "&New token").click()
    assert shown.engine.answer() == []


def test_bundle_asks_where_and_says_what_it_holds(shown: Shown, tmp_path: Path) -> None:
    page = shown.open(PageName.HEALTH)
    shown.engine.answers["bundle"] = {"messages": ["Written: out.zip.", "It holds no login."]}
    button(page, "Support b&undle…").click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "out.zip"))
    dialog.reject()
    assert shown.engine.answer()[0].arguments == {"file": str(tmp_path / "out.zip")}
    assert "Written: out.zip. It holds no login." in texts(shown.window)


def test_bundle_that_could_not_be_written_is_said(shown: Shown, tmp_path: Path) -> None:
    page = shown.open(PageName.HEALTH)
    shown.engine.answers["bundle"] = CoreError("file_exists", "out.zip is there already.")
    button(page, "Support b&undle…").click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "out.zip"))
    dialog.reject()
    shown.engine.answer()
    assert "out.zip is there already." in texts(shown.window)


def test_each_fix_says_what_it_will_change(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    fix = button(page, "Fix")
    told = "openai_base_url in ~/.codex will name this Turntable."
    assert told in texts(page)
    assert fix.accessibleDescription() == told


def test_fix_that_could_not_be_made_is_said_at_the_top(shown: Shown) -> None:
    page = shown.open(PageName.HEALTH)
    shown.engine.answers["doctor"] = CoreError("refused", "config.toml is locked.", "Close it.")
    button(page, "Fix").click()
    shown.engine.answer()
    assert "config.toml is locked.\nClose it." in texts(shown.window)
