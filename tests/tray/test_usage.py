"""The Usage page: pictures with their tables, choices that ask anew, files that are whole."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QIcon, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QTableView, QWidget

from core.domain.errors import CoreError
from tests.tray.shown import THREE, Shown, button, named, texts
from tests.tray.snapshots import NOW, snapshot
from tray.present.entries import Perform
from tray.style import dress
from tray.theme import Scheme, chart_colors, window_colors
from tray.windows.page_name import PageName

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def cells(page: QWidget, title: str) -> list[list[str]]:
    model = named(page, QTableView, title).model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def asked(shown: Shown) -> list[Perform]:
    return shown.engine.answer()


def test_each_picture_has_its_twin_as_a_table(shown: Shown) -> None:
    page = shown.open(PageName.USAGE)
    for title in ("What was left", "Tokens per day", "Forecast"):
        assert cells(page, title)
        told = f"{title}, as a picture; the table says the same."
        assert named(page, QWidget, told).isVisible()


def test_nothing_is_asked_before_the_page_is_opened(shown: Shown) -> None:
    shown.see(THREE)
    assert asked(shown) == []


def test_another_period_is_asked_for(shown: Shown) -> None:
    page = shown.open(PageName.USAGE)
    period = named(page, QComboBox, "Period")
    period.setCurrentIndex(1)
    period.activated.emit(1)
    assert [(q.verb, q.arguments) for q in asked(shown)] == [
        ("quota", {"history": "30d"}),
        ("usage", {"since": "30d", "by": "account", "daily": True}),
    ]


def test_tokens_are_told_apart_by_model_where_somebody_chooses_it(shown: Shown) -> None:
    page = shown.open(PageName.USAGE)
    by = named(page, QComboBox, "Grouped by")
    by.setCurrentIndex(1)
    by.activated.emit(1)
    (question,) = asked(shown)
    assert question.arguments["by"] == "model"
    table = named(page, QTableView, "Tokens per day").model()
    assert table.headerData(1, Qt.Orientation.Horizontal) == "Model"


def test_another_limit_is_shown_without_asking(shown: Shown) -> None:
    page = shown.open(PageName.USAGE)
    which = named(page, QComboBox, "Limit")
    assert [which.itemText(n) for n in range(which.count())] == ["week", "5 h"]
    which.activated.emit(1)
    assert asked(shown) == []
    assert {row[2] for row in cells(page, "What was left")} == {"40 %"}


def test_numbers_grow_at_most_a_minute_old(shown: Shown) -> None:
    shown.open(PageName.USAGE)
    shown.window.show_status(THREE, QIcon(), (), NOW + timedelta(seconds=50))
    assert asked(shown) == []
    shown.window.show_status(THREE, QIcon(), (), NOW + timedelta(seconds=70))
    assert [question.verb for question in asked(shown)] == ["quota", "usage", "forecast"]


def test_answer_that_cannot_be_had_is_said_in_its_place(shown: Shown) -> None:
    shown.engine.answers["usage"] = CoreError("ledger", "The record is broken.", "Delete it.")
    page = shown.open(PageName.USAGE)
    assert "The record is broken. Delete it." in texts(page)
    assert cells(page, "What was left")
    assert not named(page, QTableView, "Tokens per day").isVisible()


def test_nothing_yet_is_said_instead_of_an_empty_chart(shown: Shown) -> None:
    shown.engine.answers |= {
        "quota": {"accounts": [], "history": []},
        "usage": {"lines": [], "total": {}},
        "forecast": {"ahead": [], "verdict": {"text": "Collecting."}},
    }
    page = shown.open(PageName.USAGE)
    assert {
        "Nothing was said about a limit in this time.",
        "Nothing went through in this time.",
        "Collecting.",
    } <= set(texts(page))
    assert not button(page, "Save to&kens…").isEnabled()


def test_without_an_account_the_next_step_is_offered(shown: Shown) -> None:
    page = shown.open(PageName.USAGE, snapshot())
    assert "No account yet" in texts(page)
    assert asked(shown) == []
    locked = shown.open(PageName.USAGE, snapshot(locked=True))
    assert "Your logins are locked" in texts(locked)


def save(page: QWidget, text: str, path: Path) -> None:
    button(page, text).click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.reject()


def test_file_for_a_spreadsheet_is_what_the_verb_writes(shown: Shown, tmp_path: Path) -> None:
    page = shown.open(PageName.USAGE)
    save(page, "Save to&kens…", tmp_path / "tokens.csv")
    (question,) = asked(shown)
    assert question.arguments == {"since": "7d", "by": "account", "daily": True, "csv": True}
    assert (tmp_path / "tokens.csv").read_text("utf-8") == "day,label\n"
    assert f"Saved as {tmp_path / 'tokens.csv'}." in texts(shown.window)


def test_file_for_programs_is_the_whole_answer(shown: Shown, tmp_path: Path) -> None:
    page = shown.open(PageName.USAGE)
    save(page, "Save &forecast…", tmp_path / "forecast.json")
    asked(shown)
    assert json.loads((tmp_path / "forecast.json").read_text("utf-8"))["ahead"]


def test_file_that_cannot_be_written_is_said(shown: Shown, tmp_path: Path) -> None:
    page = shown.open(PageName.USAGE)
    save(page, "Save l&imits…", tmp_path / "nowhere" / "limits.csv")
    asked(shown)
    assert any("could not be written" in text for text in texts(shown.window))


def test_colours_that_change_are_drawn_at_once(shown: Shown, qapp: QApplication) -> None:
    page = shown.open(PageName.USAGE)
    QCoreApplication.processEvents()
    dress(qapp, Scheme.DARK)
    QCoreApplication.processEvents()
    picture = page.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    dress(qapp, Scheme.LIGHT)
    line = chart_colors(Scheme.DARK)[0].rgb().to_bytes(4, sys.byteorder)
    assert line in bytes(picture.constBits())


@pytest.mark.parametrize("scheme", list(Scheme))
def test_every_look_stands_out_from_its_ground(scheme: Scheme) -> None:
    ground = window_colors(scheme).surface
    for color in chart_colors(scheme):
        assert contrast(color, ground) >= 3


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2.2."""
    low, high = sorted(luminance(color) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(color: QColor) -> float:
    plain = (color.redF(), color.greenF(), color.blueF())
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in plain]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


_FRESH = """
import sys, threading
from pathlib import Path
from PySide6.QtWidgets import QApplication
from core.words.speech import english
from tests.tray.gallery import Setting, window_picture
from tests.tray.gallery_world import Answers, usual
from tray.windows.page_name import PageName
application = QApplication(sys.argv)
window = window_picture(PageName.ACCOUNTS, usual(), Setting(), Answers())
application.processEvents()
print("pyqtgraph" in sys.modules, "numpy" in sys.modules)
before = len(list(Path("/proc/self/task").iterdir())) if Path("/proc/self/task").exists() else 0
window.bring_up(PageName.USAGE)
page = window.pages[PageName.USAGE]
while not any(type(w).__name__ == "Plot" for w in page.findChildren(object)):
    application.processEvents()
while page._library.is_loading():
    application.processEvents()
after = len(list(Path("/proc/self/task").iterdir())) if before else 0
print("pyqtgraph" in sys.modules, after - before)
window.close_for_good()
"""
_LEAVES_AT_ONCE = """
import sys
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from shiboken6 import delete
from tray.parts.chart_library import ChartLibrary
application = QApplication(sys.argv)
owner = QObject()
library = ChartLibrary()
library.when_there(owner, owner.deleteLater)
delete(owner)
print("left")
"""


@pytest.mark.timeout(90)
def test_chart_library_is_loaded_when_a_chart_is_looked_at_and_brings_no_threads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FRESH], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["False", "False", "True", "0"], done.stderr


@pytest.mark.timeout(90)
def test_program_that_is_left_while_the_library_comes_is_left_in_peace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LEAVES_AT_ONCE],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "left\n"), done.stderr
