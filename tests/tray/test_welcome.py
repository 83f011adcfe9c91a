"""The first run and the passphrase: three steps that say what they change, one field."""

import pytest
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from core.control.commands import VERBS
from core.control.facade import JsonValue
from core.domain.errors import CoreError
from core.domain.report import StatusReport
from core.runtime.language import local_speech
from core.words.speech import english
from tests.tray import answers
from tests.tray.catalogue import LANGUAGES
from tests.tray.snapshots import NOW, account, snapshot
from tray.dialogs.passphrase import PassphraseDialog
from tray.present.answer import Answer, Answered
from tray.present.entries import Action, Choice, Perform, SignIn
from tray.present.welcome import BACKUPS, FIND, STARTUP, TOOLS, Step, look_into, steps
from tray.windows.welcome import WelcomeWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

FRESH = snapshot(bind="unbound")
ADD = "Add your first account"
FOUND = Answer(answers.found())
DIFF = Answer(answers.bind_diff())
OFF, ON = Answer({"enabled": False}), Answer({"enabled": True})


def three(report: StatusReport, startup: Answer | CoreError | None = OFF) -> tuple[Step, ...]:
    return steps(report, found=FOUND, diff=DIFF, startup=startup, speech=english())


def test_each_step_says_what_it_finds_and_changes() -> None:
    account_step, route, startup = three(FRESH)
    assert account_step.text.startswith("Codex is signed in here as Work. Its login is sealed")
    assert account_step.actions[0].action == Perform(verb="import", arguments={"from": "codex"})
    assert route.change == ('+openai_base_url = "http://127.0.0.1:8791/c/••••/backend-api/codex"',)
    assert "start-up folder" in startup.text
    assert [step.done for step in (account_step, route, startup)] == [False, False, False]


def test_steps_that_were_taken_are_done() -> None:
    assert all(step.done for step in three(snapshot(account()), ON))


STORE = Answer({"imported": [{"account": "a"}, {"account": "b"}]})
BACKED_UP = Answer({"available": ["/b/t-20260301.backup", "/b/t-20260302.backup"]})


def test_what_lies_here_is_offered_by_name_before_a_sign_in() -> None:
    absent = CoreError("store_missing", "There is none.")
    first, *_ = steps(
        FRESH,
        found=None,
        diff=None,
        startup=None,
        speech=english(),
        tools={"opencode": STORE, "router": absent},
        backups=BACKED_UP,
    )
    assert [(one.text, one.action) for one in first.actions[:2]] == [
        (
            "Restore the newest bac&kup",
            Perform(verb="restore", arguments={"file": "/b/t-20260302.backup"}),
        ),
        (
            "Import from opencode (2)",
            Perform(verb="import", arguments={"from": "opencode"}),
        ),
    ]
    assert isinstance(first.actions[2].action, SignIn)
    for question in (BACKUPS, *(look_into(tool) for tool in TOOLS)):
        VERBS[question.verb].check(question.arguments)


def test_nothing_found_makes_nothing_up() -> None:
    trouble = CoreError("login_missing", "There is no login.", "Sign in.")
    made = steps(FRESH, found=trouble, diff=None, startup=None, speech=english())
    assert not made[0].text.startswith("There is no login")
    assert made[1].change == ()
    assert not made[2].actions[0].enabled


def test_every_step_is_a_verb_of_the_table() -> None:
    wishes: list[Action] = [FIND, STARTUP]
    for step in three(FRESH):
        for choice in step.actions:
            assert isinstance(choice, Choice)
            wish = choice.action
            wishes.append(wish.wish() if isinstance(wish, SignIn) else wish)
    for wish in wishes:
        assert isinstance(wish, Perform)
        VERBS[wish.verb].check(wish.arguments)


class Engine:
    """Answers at once; remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Perform] = []
        self.refusals: dict[str, CoreError] = {}
        self.said: list[JsonValue] = []
        self.found: dict[str, JsonValue] = {}

    def ask(self, question: Perform, answered: Answered) -> None:
        self.asked.append(question)
        made: dict[str, JsonValue] = {**answers.bind_diff(), "messages": self.said, **self.found}
        answered(self.refusals.get(question.verb, Answer(made)))


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def window(qtbot: QtBot, engine: Engine) -> WelcomeWindow:
    made = WelcomeWindow(english(), engine.ask)
    qtbot.addWidget(made)
    made.bring_up()
    made.show_status(FRESH, QIcon(), NOW)
    return made


def button(page: QWidget, text: str) -> QAbstractButton:
    return next(b for b in page.findChildren(QAbstractButton) if b.text() == text)


def texts(page: QWidget) -> list[str]:
    return [part.text() for part in page.findChildren(QLabel) if not part.isHidden()]


def test_step_is_taken_by_its_button_and_looked_at_again(
    window: WelcomeWindow, engine: Engine
) -> None:
    engine.asked.clear()
    button(window, "Route &Codex").click()
    assert [question.verb for question in engine.asked] == [
        "bind", "import", "bind", "startup", "restore", "import", "import", "import"
    ]  # fmt: skip
    assert engine.asked[0] == Perform(verb="bind")


def test_what_is_found_later_takes_its_place_and_hides_nothing(
    window: WelcomeWindow, engine: Engine
) -> None:
    engine.found = answers.found()
    button(window, "Route &Codex").click()
    first = next(part for part in window.findChildren(QWidget) if part.accessibleName() == ADD)
    window.grab()  # has everything laid out
    shown = [one for one in first.findChildren(QAbstractButton) if not one.isHidden()]
    places = {(one.y(), one.x()): one.text() for one in shown}
    assert len(places) == len(shown)
    assert places[min(places)] == "&Import from Codex"


def test_step_that_fails_says_so_and_the_others_stay(window: WelcomeWindow, engine: Engine) -> None:
    engine.refusals["bind"] = CoreError("refused", "config.toml is broken.", "Mend line 3.")
    button(window, "Route &Codex").click()
    assert "config.toml is broken. Mend line 3." in texts(window)
    assert button(window, "&Import from Codex").isEnabled()


def test_recovery_code_stays_in_sight(window: WelcomeWindow, engine: Engine) -> None:
    engine.said = ["Added #1 Work.", "Recovery code: FAKE-CODE"]
    button(window, "Route &Codex").click()
    engine.said = ["It starts at login."]
    button(window, "&Start at login").click()
    assert "Added #1 Work.\nRecovery code: FAKE-CODE\nIt starts at login." in texts(window)


def test_everything_can_be_skipped(window: WelcomeWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.closed):
        button(window, "D&one").click()


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_every_letter_of_the_first_run_means_one_thing(
    qtbot: QtBot, engine: Engine, language: str
) -> None:
    engine.found = {**answers.found(), "available": ["/b/t-20260302.backup"]}
    made = WelcomeWindow(local_speech(language, {}), engine.ask)
    qtbot.addWidget(made)
    made.bring_up()
    made.show_status(FRESH, QIcon(), NOW)
    marked = [b.text() for b in made.findChildren(QAbstractButton) if not b.isHidden()]
    letters = [text[text.index("&") + 1].lower() for text in marked if "&" in text]
    assert len(letters) == len(set(letters)), marked


def test_demo_is_one_click_away(window: WelcomeWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.demo_wished):
        button(window, "&Try it without an account").click()


def test_passphrase_goes_to_the_engine_and_the_field_is_emptied(
    qtbot: QtBot, engine: Engine
) -> None:
    dialog = PassphraseDialog(english(), engine.ask)
    qtbot.addWidget(dialog)
    dialog.open()
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText("fake-passphrase")
    with qtbot.waitSignal(dialog.accepted):
        button(dialog, "&Unlock").click()
    wish = engine.asked[0]
    assert wish.arguments == {"passphrase": "fake-passphrase"}
    assert "fake-passphrase" not in repr(wish)
    assert field.text() == ""
    VERBS["unlock"].check(wish.arguments)


def test_wrong_passphrase_can_be_typed_again(qtbot: QtBot, engine: Engine) -> None:
    engine.refusals["unlock"] = CoreError("locked", "That passphrase opens nothing.", "Try again.")
    dialog = PassphraseDialog(english(), engine.ask)
    qtbot.addWidget(dialog)
    dialog.open()
    button(dialog, "&Unlock").click()
    assert "That passphrase opens nothing. Try again." in texts(dialog)
    assert dialog.isVisible()
    assert engine.asked[0].arguments == {}
