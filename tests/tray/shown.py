"""The main window before a made-up engine, and what tests look at in it."""

from PySide6.QtCore import QCoreApplication, QPoint
from PySide6.QtGui import QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QLabel, QTableView, QWidget

from core.control.facade import JsonValue
from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.words.speech import Speech, english
from tests.tray import answers, rule_answers, usage_answers
from tests.tray.snapshots import NOW, account, snapshot
from tray.parts.chart_library import load
from tray.present.answer import Answer, Answered
from tray.present.entries import Action, Perform
from tray.present.menu import menu
from tray.windows.main_window import MainWindow
from tray.windows.page_name import PageName

THREE = snapshot(
    account(1, "Work"), account(2, "Personal"), account(3, "Client", state="needs_sign_in")
)


class Engine:
    """Answers questions when it is told to, and remembers them."""

    def __init__(self) -> None:
        self.asked: list[tuple[Perform, Answered]] = []
        self.answers: dict[str, dict[str, JsonValue] | CoreError] = {
            "log": answers.log(),
            "why": answers.why(),
            "simulate": answers.simulated(),
            "doctor": answers.unwell(),
            "bind": answers.bind_diff(),
            "config": answers.config(),
            "quota": usage_answers.quota(),
            "usage": usage_answers.usage(),
            "forecast": usage_answers.forecast(),
            "pool": rule_answers.pools(),
            "rule": rule_answers.rules(),
            "profile": rule_answers.profiles(),
            "budget": rule_answers.budgets(),
            "client": answers.clients(),
            "rotation": {},
            "account": {},
        }

    def ask(self, question: Perform, answered: Answered) -> None:
        self.asked.append((question, answered))

    def answer(self) -> list[Perform]:
        """Answer everything that was asked, and what is asked because of it."""
        questions: list[Perform] = []
        while self.asked:
            question, answered = self.asked.pop(0)
            questions.append(question)
            made = self.answers[question.verb]
            answered(made if isinstance(made, CoreError) else Answer(made))
        return questions


class Shown:
    """A window with its engine and its wishes."""

    def __init__(self, speech: Speech | None = None) -> None:
        self.engine = Engine()
        self.speech = speech or english()
        self.window = MainWindow(self.speech, self.engine.ask)
        self.wishes: list[Action] = []
        self.window.chosen.connect(self.wishes.append)

    def see(self, report: StatusReport) -> None:
        entries = menu(report, speech=self.speech, now=NOW, at_login=True)
        self.window.show_status(report, QIcon(), entries, NOW)

    def open(self, page: PageName, report: StatusReport = THREE) -> QWidget:
        if page is PageName.USAGE:
            load()
        self.see(report)
        self.window.bring_up(page)
        self.engine.answer()
        return self.window.pages[page]


def texts(page: QWidget) -> list[str]:
    # Qt shows a widget that was put into a visible one with the next turn of its loop.
    QCoreApplication.processEvents()
    return [part.text() for part in page.findChildren(QLabel) if part.isVisible()]


def places(page: QWidget) -> dict[str, int]:
    """Where each text stands, from the top."""
    QCoreApplication.processEvents()
    page.grab()  # has everything laid out
    shown = (part for part in page.findChildren(QLabel) if part.isVisible())
    return {part.text(): part.mapTo(page, QPoint()).y() for part in shown}


def button(page: QWidget, text: str) -> QAbstractButton:
    return next(b for b in page.findChildren(QAbstractButton) if b.text() == text)


def named[W: QWidget](page: QWidget, kind: type[W], name: str) -> W:
    return next(w for w in page.findChildren(kind) if w.accessibleName() == name)


def press(page: QWidget, key: str) -> None:
    """As the key would, in the table."""
    table = page.findChild(QTableView)
    assert table is not None
    next(s for s in table.findChildren(QShortcut) if s.key() == QKeySequence(key)).activated.emit()


def cells(page: QWidget) -> list[list[str]]:
    table = page.findChild(QTableView)
    assert table is not None
    model = table.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]
