"""What is left, in words: rounded down, and the unknown is said to be unknown."""

import pytest

from core.domain.quota import WindowKind
from core.words.quota import not_known, percent, window_left, window_name
from core.words.speech import english

SPEECH = english()


@pytest.mark.parametrize(
    ("remaining", "said"),
    [
        pytest.param(100.0, "100 %", id="all of it"),
        pytest.param(99.6, "99 %", id="not quite all is not all"),
        pytest.param(62.0, "62 %", id="whole numbers stay"),
        pytest.param(100 - 41.99999999999999, "58 %", id="a hair short of a whole number is one"),
        pytest.param(1.0, "1 %", id="one per cent"),
        pytest.param(0.4, "<1 %", id="not quite nothing is not nothing"),
        pytest.param(0.0, "0 %", id="nothing"),
        pytest.param(-3.0, "0 %", id="never below nothing"),
        pytest.param(104.0, "100 %", id="never above all"),
    ],
)
def test_per_cent_are_rounded_down(remaining: float, said: str) -> None:
    assert percent(remaining, SPEECH) == said


@pytest.mark.parametrize(
    ("kind", "minutes", "said"),
    [
        pytest.param(WindowKind.SESSION, 300, "5 h", id="a session by its hours"),
        pytest.param(WindowKind.WEEK, 10_080, "week", id="a week"),
        pytest.param(WindowKind.MONTH, 43_200, "month", id="a month"),
        pytest.param(WindowKind.SPEND, 43_200, "spending", id="money"),
        pytest.param(WindowKind.OTHER, 4320, "3 days", id="another one by its days"),
        pytest.param(WindowKind.OTHER, 1440, "1 day", id="one day is one"),
        pytest.param(WindowKind.OTHER, 720, "12 h", id="or by its hours"),
        pytest.param(WindowKind.OTHER, 1441, "1441 min", id="or by its minutes"),
    ],
)
def test_a_window_is_called_by_its_length(kind: str, minutes: int, said: str) -> None:
    assert window_name(kind, minutes, SPEECH) == said


def test_what_is_left_of_a_window() -> None:
    assert window_left("5 h", 62.4, SPEECH) == "5 h 62 % left"
    assert not_known(SPEECH) == "limits not known yet"
