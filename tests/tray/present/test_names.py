"""Names fit on one line, whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tray.present.names import LONGEST, shown_name, shown_plan

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Work", "Work", id="an ordinary name stays as it is"),
        pytest.param("R&D", "R&D", id="an ampersand is a letter here"),
        pytest.param("<b>bold</b>", "<b>bold</b>", id="markup is only text"),
        pytest.param("snake_case", "snake_case", id="an underscore is a letter here"),
        pytest.param("  two \n lines\t", "two lines", id="breaks and tabs become one space"),
        pytest.param("", "?", id="an empty name can still be pointed at"),
        pytest.param("\u202e\u200b", "?", id="a name of invisible marks is an empty one"),
        pytest.param("ab\u202ecd", "abcd", id="an override cannot turn our words around"),
        pytest.param("עבודה", "\u2068עבודה\u2069", id="right-to-left letters are isolated"),
        pytest.param(FAMILY, FAMILY, id="a joined emoji stays whole"),
        pytest.param("x" * 300, "x" * 31 + "…", id="three hundred letters are cut"),
        pytest.param("x" * 30 + FAMILY, "x" * 30 + "…", id="no half of an emoji is left"),
        pytest.param(
            "x" * 30 + "e\u0301" * 3, "x" * 30 + "…", id="no accent is parted from its letter"
        ),
        pytest.param("word " * 9, "word word word word word word w…", id="a cut may be in a word"),
    ],
)
def test_name_is_shown_on_one_line(text: str, shown: str) -> None:
    assert shown_name(text) == shown


@given(st.text(max_size=400))
def test_every_text_becomes_a_short_line_that_is_not_empty(text: str) -> None:
    shown = shown_name(text)
    assert 1 <= len(shown) <= LONGEST + 2
    assert shown == " ".join(shown.split())


@pytest.mark.parametrize(
    ("plan", "shown"),
    [
        pytest.param("plus", "Plus", id="a known plan is a name"),
        pytest.param("self_serve_business", "Self serve business", id="underscores are spaces"),
        pytest.param("", "", id="an unknown plan is not said"),
    ],
)
def test_plan_is_shown_as_a_word(plan: str, shown: str) -> None:
    assert shown_plan(plan) == shown
