"""Errors in the person's language: all their parts, and never their code."""

from datetime import UTC

import pytest

from core.domain.errors import CoreError, ExitCode
from core.domain.sentence import Sentence, listed
from core.words.speech import Speech, english
from core.words.trouble import error_line, hint_line, retold, whole

GERMAN = {
    "{path}: {message}": "{path}: {message}",
    "The file is empty.": "Die Datei ist leer.",
    "“{pool}” is named by {users}.": "„{pool}“ wird genannt von {users}.",
    "rule {number}": "Regel {number}",
    "Try again.": "Noch einmal.",
    "Work": "Arbeit",
    "error: {message}": "Fehler: {message}",
    "hint: {hint}": "Hinweis: {hint}",
    "1,234.5": "1.234,5",
}
SPEECH = Speech(translate=lambda text: GERMAN.get(text, text), zone=UTC)
EMPTY = CoreError("empty", "The file is empty.")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param("The file is empty.", "Die Datei ist leer.", id="a constant"),
        pytest.param(
            Sentence("{path}: {message}", path="a.json", message=EMPTY.message),
            "a.json: Die Datei ist leer.",
            id="a sentence in a sentence",
        ),
        pytest.param(
            Sentence(
                "“{pool}” is named by {users}.",
                pool="Work",
                users=listed([Sentence("rule {number}", number=2), "Work"]),
            ),
            "„Work“ wird genannt von Regel 2, Work.",
            id="what people called things stays",
        ),
        pytest.param("oops at 0x3", "oops at 0x3", id="another program's words stay"),
    ],
)
def test_a_message_is_said_again_with_all_its_parts(message: str, said: str) -> None:
    assert retold(CoreError("empty", message), SPEECH).message == said


def test_what_scripts_go_by_is_the_same_in_every_language() -> None:
    error = CoreError("empty", "The file is empty.", "Try again.", exit_code=ExitCode.LOCKED)

    told = retold(error, SPEECH)

    assert (told.code, told.exit_code, told.hint) == ("empty", ExitCode.LOCKED, "Noch einmal.")


def test_what_was_said_in_a_language_is_not_changed_by_it() -> None:
    once = retold(CoreError("empty", "The file is empty.", "Try again."), SPEECH)

    again = retold(once, SPEECH)

    assert (again.message, again.hint) == (once.message, once.hint)


def test_a_terminal_has_two_lines_and_a_row_of_the_window_one() -> None:
    error = CoreError("empty", "The file is empty.", "Try again.")

    assert error_line(error, SPEECH) == "Fehler: Die Datei ist leer."
    assert hint_line(error, SPEECH) == "Hinweis: Noch einmal."
    assert hint_line(EMPTY, SPEECH) == ""
    assert whole(error, SPEECH) == "Die Datei ist leer. Noch einmal."
    assert whole(EMPTY, english()) == "The file is empty."


@pytest.mark.parametrize(
    ("value", "places", "said"),
    [
        pytest.param(999, 0, "999", id="no mark"),
        pytest.param(5_000_000, 0, "5.000.000", id="thousands"),
        pytest.param(1234.5, 2, "1.234,50", id="cents"),
    ],
)
def test_numbers_have_the_marks_of_the_language(value: float, places: int, said: str) -> None:
    assert SPEECH.number(value, places=places) == said
    assert english().number(value, places=places) == f"{value:,.{places}f}"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        pytest.param(0, "0 logins", id="none"),
        pytest.param(1, "1 login", id="one"),
        pytest.param(1200, "1.200 logins", id="many"),
    ],
)
def test_one_is_said_of_one_thing(count: int, said: str) -> None:
    assert SPEECH.counted(count, "1 login", "{count} logins") == said
