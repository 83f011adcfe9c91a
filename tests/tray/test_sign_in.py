"""A sign-in in its dialog: each step is shown, the person is never asked twice, closing ends it."""

import pytest
import segno
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.domain.errors import CoreError
from core.words.speech import english
from tests.tray.snapshots import account, snapshot
from tray.dialogs.sign_in import SignInDialog
from tray.parts.qr import QrCode
from tray.present.account_actions import account_actions
from tray.present.answer import Answer, Answered
from tray.present.entries import Perform, SignIn
from tray.present.joining import ways_to_join
from tray.present.signing_in import beginning, picture

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

PAGE = "https://auth.example/authorize?state=fake"
VISIT: dict[str, JsonValue] = {"session": "s1", "step": "visit", "url": PAGE, "messages": []}
CODE: dict[str, JsonValue] = {
    "session": "s1", "step": "type_code", "url": "https://auth.example/device",
    "user_code": "FAKE-1234",
}  # fmt: skip
WAITING: dict[str, JsonValue] = {"session": "s1", "step": "waiting"}
REDEEMING: dict[str, JsonValue] = {"session": "s1", "step": "redeeming"}
JOINED: dict[str, JsonValue] = {
    "session": None, "step": "joined", "messages": ["Signed in: #1 Work (plus)."],
    "recovery_code": "fake-recovery-code",
}  # fmt: skip


class Engine:
    """Answers one question at a time, when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[Perform, Answered]] = []
        self.opened: list[str] = []

    def ask(self, question: Perform, answered: Answered) -> None:
        VERBS[question.verb].check(question.arguments)
        self.asked.append((question, answered))

    def answer(self, value: dict[str, JsonValue] | CoreError) -> Perform:
        question, answered = self.asked.pop(0)
        answered(value if isinstance(value, CoreError) else Answer(value))
        return question


@pytest.fixture
def engine() -> Engine:
    return Engine()


def opened(qtbot: QtBot, engine: Engine, way: str, again: str | None = None) -> SignInDialog:
    wanted = SignIn(way=way, again=again)
    made = SignInDialog(english(), engine.ask, wanted, engine.opened.append)
    qtbot.addWidget(made)
    made.begin()
    return made


def texts(dialog: QWidget) -> str:
    return "\n".join(p.text() for p in dialog.findChildren(QLabel) if not p.isHidden())


def button(dialog: QWidget, text: str) -> QAbstractButton:
    return next(b for b in dialog.findChildren(QAbstractButton) if b.text() == text)


def field(dialog: QWidget, name: str) -> QLineEdit:
    return next(f for f in dialog.findChildren(QLineEdit) if f.accessibleName() == name)


def test_code_s_page_can_be_visited_with_a_phone(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "device")
    code = dialog.findChild(QrCode)
    assert code is not None
    assert not code.isVisible()
    engine.answer(CODE)
    assert code.isVisible()
    assert code.accessibleName() == "https://auth.example/device"
    assert field(dialog, "Address of the sign-in page").text() == code.accessibleName()
    picture = code.grab().toImage().scaled(code.size())
    matrix = segno.make(code.accessibleName(), micro=False, error="m").matrix
    side, quiet = code.module(), 4
    drawn = [
        [
            picture.pixelColor((quiet + x) * side + 1, (quiet + y) * side + 1).lightness() < 128
            for x in range(len(matrix))
        ]
        for y in range(len(matrix))
    ]
    assert drawn == [[bool(module) for module in line] for line in matrix]
    assert picture.pixelColor(quiet * side - 1, quiet * side - 1).lightness() == 255


def test_address_of_the_browser_is_no_code(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "browser")
    engine.answer(VISIT)
    code = dialog.findChild(QrCode)
    assert code is not None
    assert not code.isVisible()


def test_browser_is_opened_once_and_the_address_can_be_copied(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "browser")
    assert engine.answer(VISIT).arguments == {"browser": True}
    assert engine.answer(WAITING).arguments == {"session": "s1"}
    assert engine.answer(WAITING).arguments == {"session": "s1"}
    assert engine.opened == [PAGE]
    button(dialog, "&Copy").click()
    assert QGuiApplication.clipboard().text() == PAGE


def test_end_says_who_it_is_and_shows_the_recovery_code_once(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "browser")
    for step in (VISIT, REDEEMING, JOINED):
        engine.answer(step)
    assert engine.asked == []
    assert "Signed in: #1 Work (plus)." in texts(dialog)
    assert "fake-recovery-code" in texts(dialog)
    button(dialog, "&Done").click()
    assert engine.asked == []
    assert not dialog.isVisible()


def test_code_is_shown_large_with_its_page(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "device")
    engine.answer(CODE)
    assert "FAKE-1234" in texts(dialog)
    assert field(dialog, "Address of the sign-in page").text() == "https://auth.example/device"
    assert engine.opened == []


def test_pasted_address_goes_on_and_nothing_is_asked_before(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "paste")
    engine.answer(VISIT)
    assert engine.asked == []
    button(dialog, "Go &on").click()
    assert engine.asked == []
    field(dialog, "Address that the browser ended at").setText(" http://localhost:1455/x?code=1 ")
    button(dialog, "Go &on").click()
    asked = engine.answer(REDEEMING)
    assert asked.arguments == {"session": "s1", "pasted": "http://localhost:1455/x?code=1"}


def test_warning_waits_for_the_person(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "paste")
    engine.answer({"session": "s1", "step": "unproven", "messages": ["A bare code."]})
    assert engine.asked == []
    button(dialog, "Go &on").click()
    assert engine.answer(JOINED).arguments == {"session": "s1"}


def test_closing_ends_the_sign_in(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "browser")
    engine.answer(VISIT)
    button(dialog, "&Cancel").click()
    waited = engine.answer(WAITING)
    assert waited.arguments == {"session": "s1"}
    assert [q.arguments for q, _ in engine.asked] == [{"session": "s1", "end": True}]


def test_trouble_is_said_and_can_be_closed(qtbot: QtBot, engine: Engine) -> None:
    dialog = opened(qtbot, engine, "browser")
    engine.answer(CoreError("ports_taken", "The port is taken by codex.", "Close it."))
    assert "The port is taken by codex. Close it." in texts(dialog)
    button(dialog, "&Done").click()
    assert engine.asked == []


def test_renewing_names_the_account(qtbot: QtBot, engine: Engine) -> None:
    opened(qtbot, engine, "browser", again="acc_4")
    assert engine.asked[0][0].arguments == {"browser": True, "again": "acc_4"}


def test_account_that_wants_a_sign_in_offers_it_first() -> None:
    wanting = account(4, state="needs_sign_in")
    report = snapshot(wanting)
    first = account_actions(wanting, report, speech=english())[0]
    assert first.action == SignIn(way="browser", again="acc_4")
    assert [c.action for c in ways_to_join(report, speech=english())][:3] == [
        SignIn(way="browser"), SignIn(way="device"), SignIn(way="paste"),
    ]  # fmt: skip


def test_codes_stay_out_of_representations() -> None:
    shown = picture(Answer(CODE), beginning(english()), way="device", speech=english())
    last = picture(Answer(JOINED), shown, way="device", speech=english())
    assert "FAKE-1234" not in repr(shown)
    assert "fake-recovery-code" not in repr(last)
