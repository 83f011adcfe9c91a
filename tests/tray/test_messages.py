"""What is told between two snapshots: kept for the page, and called as the person knows it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from shiboken6 import delete

from core.control.facade import JsonValue
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.report import MoveReport
from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot
from tray.clock import utc_now
from tray.messages import Messages
from tray.present.answer import Answer, Answered
from tray.present.entries import Perform
from tray.present.notices import Notice

pytestmark = pytest.mark.usefixtures("qapp")

BEFORE = snapshot(account(1, "Work"), account(2, "Home"))
MOVE = MoveReport(
    thread="0199f3a2-7c41", moved_from=AccountId("acc_1"), moved_to=AccountId("acc_2"), at=NOW
)
AFTER = replace(BEFORE, moves=(MOVE,))
OFF: dict[str, JsonValue] = {"settings": [{"key": "notify.moved", "value": False}]}


class Engine:
    """Answers at once, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Answer | CoreError] = {}

    def ask(self, question: Perform, answered: Answered) -> None:
        self.asked.append(question.verb)
        answered(self.answers.get(question.verb, Answer({})))


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def shown() -> list[Notice]:
    return []


@pytest.fixture
def messages(
    engine: Engine, shown: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Messages]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    made = Messages(english(), engine.ask, shown.append)
    yield made
    made.close()
    delete(made)


def test_chat_that_moved_is_told_by_its_name(
    messages: Messages, engine: Engine, shown: list[Notice]
) -> None:
    engine.answers["history"] = Answer(
        {"chats": [{"thread": "0199f3a2-7c41", "title": "fix login"}]}
    )
    messages.compare(BEFORE, AFTER)
    assert [notice.text for notice in shown] == [
        "Chat “fix login” continues on Home; its hidden reasoning stays behind."
    ]
    assert [notice for notice, _ in messages.told] == shown


def test_without_codex_it_is_told_by_its_id(
    messages: Messages, engine: Engine, shown: list[Notice]
) -> None:
    engine.answers["history"] = CoreError("codex_missing", "No Codex is installed here.")
    messages.compare(BEFORE, AFTER)
    assert shown[0].text.startswith("Chat “0199f3a2-7c41”")


def test_nobody_is_asked_for_a_name_that_is_not_told(
    messages: Messages, engine: Engine, shown: list[Notice]
) -> None:
    engine.answers["config"] = Answer(OFF)
    messages.compare(BEFORE, AFTER)
    assert (engine.asked, shown, messages.told) == (["config"], [], [])


def test_in_quiet_hours_it_is_kept_and_not_shown(
    messages: Messages, engine: Engine, shown: list[Notice]
) -> None:
    now, hour = utc_now().astimezone(english().zone), timedelta(hours=1)
    engine.answers["config"] = Answer(
        {
            "settings": [
                {"key": "notify.quiet_from", "value": f"{now - hour:%H:%M}"},
                {"key": "notify.quiet_until", "value": f"{now + hour:%H:%M}"},
            ]
        }
    )
    messages.compare(BEFORE, AFTER)
    assert shown == []
    assert len(messages.told) == 1
