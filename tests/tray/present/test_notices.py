"""Messages of the desktop: what happened, and the next step."""

import pytest

from core.control.commands import VERBS
from core.domain.account import AccountId
from core.domain.errors import CoreError
from core.domain.happening import Happening, HappeningKind
from core.words.speech import english
from tests.tray.snapshots import NOW, account, snapshot
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.notices import (
    Notice,
    between_engines,
    defect,
    failure,
    goes_on,
    granted,
    happened,
    named,
    no_tray,
)
from tray.present.undo import undo_of


def test_refusal_says_what_happened_and_the_next_step() -> None:
    told = failure(CoreError("config_invalid", "config.toml is broken.", "Mend line 3."))
    assert told == Notice(
        title="Turntable", text="config.toml is broken.\nMend line 3.", trouble=True
    )


def test_refusal_without_a_next_step_makes_none_up() -> None:
    assert failure(CoreError("full", "The disk is full.")).text == "The disk is full."


def test_defect_points_to_the_log() -> None:
    assert "log" in defect(english()).text


def test_what_is_no_trouble_is_not_shown_as_such() -> None:
    assert not goes_on(english()).trouble
    assert not no_tray(english()).trouble
    assert not between_engines(english()).trouble


def test_what_was_done_is_said_in_the_verb_s_words_with_its_undo() -> None:
    wish = Perform(verb="account", arguments={"action": "pause", "account": "acc_1"})
    undo = undo_of(wish, snapshot(account()))
    told = granted(Answer({"messages": ["Work is paused."]}), undo, speech=english())
    assert told is not None
    assert told.text == "Work is paused."
    assert [(choice.text, choice.action) for choice in told.actions] == [
        ("Und&o", Perform(verb="account", arguments={"action": "resume", "account": "acc_1"}))
    ]


def test_verb_that_says_nothing_is_no_message() -> None:
    assert granted(Answer({}), None, speech=english()) is None


MOVED = Happening(
    kind=HappeningKind.MOVED,
    account=AccountId("acc_1"),
    other="Home",
    thread="0199f3a2-7c41-7000",
)


def test_chat_that_moved_is_called_as_codex_calls_it_and_can_be_kept_where_it_was() -> None:
    history = Answer({"chats": [{"thread": "0199f3a2-7c41-7000", "title": "fix\nlogin"}]})
    told = happened(named(MOVED, history), now=NOW, speech=english())
    assert told.text == "Chat “fix login” continues on Home; its hidden reasoning stays behind."
    assert [(choice.text, choice.action) for choice in told.actions] == [
        (
            "&Undo for this chat",
            Perform(
                verb="thread",
                arguments={"action": "keep", "thread": "0199f3a2-7c41-7000", "account": "acc_1"},
            ),
        )
    ]


def test_chat_that_codex_does_not_list_is_called_by_its_id() -> None:
    assert named(MOVED, Answer({"chats": []})) == MOVED


@pytest.mark.parametrize("kind", list(HappeningKind))
def test_every_message_has_something_that_can_be_done_at_once(kind: HappeningKind) -> None:
    happening = Happening(kind=kind, account=AccountId("acc_1"), label="Work", other="Home")
    told = happened(happening, now=NOW, speech=english())
    assert told.actions
    for choice in told.actions:
        if isinstance(choice.action, Perform):
            VERBS[choice.action.verb].check(choice.action.arguments)
