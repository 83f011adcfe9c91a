"""The one error: what a person and a script are told."""

from core.domain.errors import CoreError, ExitCode


def test_an_error_says_its_message_and_keeps_the_hint_for_a_line_of_its_own() -> None:
    error = CoreError("disk_full", "There is no space left.", "Free some.")

    assert str(error) == "There is no space left."
    assert (error.code, error.hint) == ("disk_full", "Free some.")


def test_an_error_without_a_word_on_it_ends_a_verb_with_1() -> None:
    assert CoreError("x", "X.").exit_code == 1


def test_exit_codes_are_those_of_the_contract() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "NOTHING_CAN_SERVE": 3,
        "SIGN_IN_NEEDED": 4,
        "OWNER_NOT_RUNNING": 5,
        "LEFT_ALONE": 6,
        "LOCKED": 7,
    }
