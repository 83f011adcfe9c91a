"""Messages of the desktop: what happened, and the next step."""

from core.domain.errors import CoreError
from core.words.speech import english
from tray.present.notices import Notice, between_engines, defect, failure, running_here


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
    assert not running_here(english()).trouble
    assert not between_engines(english()).trouble
