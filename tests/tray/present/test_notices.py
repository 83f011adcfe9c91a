"""Messages of the desktop: what happened, and the next step."""

from core.domain.errors import CoreError
from core.words.speech import english
from tests.tray.snapshots import account, snapshot
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.notices import (
    Notice,
    between_engines,
    defect,
    failure,
    goes_on,
    granted,
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
