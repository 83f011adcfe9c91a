"""Numbers in words: never more certain than what is known."""

from datetime import timedelta

import pytest

from core.domain.report import WindowReport
from core.words.speech import english
from tests.tray.snapshots import NOW, account, week, window
from tray.present.limits import (
    STALE_AFTER,
    is_stale,
    limits_sentences,
    main_windows,
    percent_left,
    window_sentence,
    window_short,
)

ENGLISH = english()


@pytest.mark.parametrize(
    ("remaining", "shown"),
    [
        pytest.param(None, None, id="unknown stays unknown"),
        pytest.param(0.0, 0, id="empty is empty"),
        pytest.param(0.2, 1, id="a rest is not rounded to empty"),
        pytest.param(49.9, 49, id="what is not there is not promised"),
        pytest.param(99.8, 99, id="a used one is not rounded to full"),
        pytest.param(100.0, 100, id="full is full"),
        pytest.param(-3.0, 0, id="less than nothing is nothing"),
        pytest.param(140.0, 100, id="more than everything is everything"),
    ],
)
def test_per_cent_left(remaining: float | None, shown: int | None) -> None:
    assert percent_left(window(remaining), NOW) == shown


def test_number_is_unknown_once_its_reset_has_passed() -> None:
    assert percent_left(window(5, resets_in=timedelta(0)), NOW) is None


@pytest.mark.parametrize(
    ("limit", "sentence", "short"),
    [
        pytest.param(
            window(62), "5 h 62 % left, resets 14:30", "5 h 62 %", id="a session by its hours"
        ),
        pytest.param(
            week(40), "week 40 % left, resets Tue 09:00", "week 40 %", id="a week by its day"
        ),
        pytest.param(
            window(7, kind="month", minutes=43200, resets_in=timedelta(days=20)),
            "month 7 % left, resets 22 Mar",
            "month 7 %",
            id="a month by its date",
        ),
        pytest.param(
            window(None, resets_in=None), "5 h unknown", "5 h unknown", id="unknown is said"
        ),
        pytest.param(
            window(62, resets_in=None), "5 h 62 % left", "5 h 62 %", id="no reset is made up"
        ),
        pytest.param(
            window(9, kind="other", minutes=4320, resets_in=None),
            "3 days 9 % left",
            "3 days 9 %",
            id="an odd window by its days",
        ),
        pytest.param(
            window(9, kind="spend", minutes=43200, resets_in=None),
            "spending 9 % left",
            "spending 9 %",
            id="money by what it is",
        ),
        pytest.param(
            window(9, kind="other", minutes=1441, resets_in=None),
            "1441 min 9 % left",
            "1441 min 9 %",
            id="a stranger one by its minutes",
        ),
    ],
)
def test_window_in_words(limit: WindowReport, sentence: str, short: str) -> None:
    assert window_sentence(limit, speech=ENGLISH, now=NOW) == sentence
    assert window_short(limit, speech=ENGLISH, now=NOW) == short


def test_a_rest_is_less_than_one_per_cent_in_words() -> None:
    assert window_short(window(0.4), speech=ENGLISH, now=NOW) == "5 h <1 %"
    assert window_short(window(99.6), speech=ENGLISH, now=NOW) == "5 h 99 %"


def test_main_windows_are_those_of_every_model_the_short_before_the_long() -> None:
    narrow = window(1, scope="gpt-5-review")
    money = window(50, kind="spend", minutes=43200)
    shown = main_windows(account(windows=(week(40), narrow, money, window(62))))
    assert [w.kind for w in shown] == ["session", "week"]


@pytest.mark.parametrize(
    ("age", "stale"),
    [
        pytest.param(STALE_AFTER, False, id="just in time is fresh"),
        pytest.param(STALE_AFTER + timedelta(seconds=1), True, id="a second later is stale"),
    ],
)
def test_numbers_grow_old(age: timedelta, stale: bool) -> None:
    assert is_stale([window(62, age=age)], NOW) is stale


def test_unknown_numbers_cannot_be_old() -> None:
    assert not is_stale([window(None, age=timedelta(days=3))], NOW)


def test_old_numbers_are_said_with_their_age() -> None:
    old = account(windows=(window(62, age=timedelta(hours=2)),))
    assert limits_sentences(old, speech=ENGLISH, now=NOW) == (
        "5 h 62 % left, resets 14:30",
        "as of 07:00",
    )


def test_account_without_any_number_says_so() -> None:
    fresh = account(windows=())
    assert limits_sentences(fresh, speech=ENGLISH, now=NOW) == ("limits not known yet",)
