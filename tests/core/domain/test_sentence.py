"""A filled sentence is plain English text, and can still be taken apart."""

import json

import pytest

from core.domain.errors import CoreError
from core.domain.sentence import Sentence, listed


def test_it_is_the_filled_text_to_everybody_who_does_not_ask() -> None:
    said = Sentence("No account is called “{typed}”.", typed="Wrok")

    assert said == "No account is called “Wrok”."
    assert f"{said}" == str(said) == json.loads(json.dumps(said))
    assert (said.pattern, said.values) == ("No account is called “{typed}”.", {"typed": "Wrok"})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="half a field"),
        pytest.param('{"accounts": []}', id="JSON"),
        pytest.param("", id="nothing"),
    ],
)
def test_without_values_a_text_is_taken_as_it_stands(text: str) -> None:
    assert Sentence(text) == text


def test_braces_in_a_value_are_not_filled_again() -> None:
    assert Sentence("{name} is missing.", name="{name}") == "{name} is missing."


def test_a_sentence_of_a_sentence_is_the_same_one() -> None:
    said = Sentence("{name} is missing.", name="port")

    assert Sentence(said) is said


def test_an_error_keeps_what_its_sentences_are_made_of() -> None:
    error = CoreError("gone", Sentence("{name} is missing.", name="port"), "Look for it.")

    assert error.message.pattern == "{name} is missing."
    assert error.hint.pattern == "Look for it."
    assert str(error) == "port is missing."


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        pytest.param([], "", id="nobody"),
        pytest.param([Sentence("rule {number}", number=2)], "rule 2", id="one"),
        pytest.param(["a", "{b}"], "a, {b}", id="texts of people"),
    ],
)
def test_a_list_has_commas(parts: list[str], said: str) -> None:
    assert listed(parts) == said
