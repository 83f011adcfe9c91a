"""What the Usage page makes of the engine's answers: lines that end where knowledge ends."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.control.facade import JsonValue
from core.runtime.language import local_speech
from core.words.speech import english
from tests.tray import usage_answers
from tests.tray.snapshots import NOW
from tests.tray.usage_answers import point
from tray.present import limits_history, pool_ahead, tokens_per_day
from tray.present.answer import Answer
from tray.present.charts import LOOKS, Line, compact, levels, per_cents, time_ticks

SPEECH = english()
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def at(hours_ago: float) -> float:
    return (NOW - hours_ago * HOUR).timestamp()


def shown(*points: JsonValue, window: int | None = None) -> limits_history.History:
    answer = Answer(usage_answers.quota(list(points)))
    return limits_history.history(answer, window=window, span=WEEK, now=NOW, speech=SPEECH)


def line(*points: JsonValue) -> Line:
    chart = shown(*points).chart
    assert chart is not None
    (only,) = chart.lines
    return only


def test_number_holds_until_the_next_one_and_the_last_until_now() -> None:
    drawn = line(point("acc_1", 80, hours_ago=10), point("acc_1", 70, hours_ago=4))
    assert drawn.marks == ()
    assert drawn.points == ((at(10), 80), (at(4), 80), (at(4), 70), (at(0), 70))


def test_line_ends_at_a_reset_and_goes_on_when_somebody_says_a_number() -> None:
    drawn = line(point("acc_1", 20, hours_ago=10, resets_in=-6), point("acc_1", 95, hours_ago=2))
    assert drawn.points[:3] == ((at(10), 20), (at(6), 20), (at(6), None))
    assert drawn.points[3:] == ((at(2), 95), (at(0), 95))
    assert drawn.marks == ((at(6), 100.0),)


def test_what_is_unknown_is_never_drawn_as_nothing() -> None:
    assert line(point("acc_1", None, hours_ago=3)).points == ((at(3), None), (at(0), None))
    assert shown(point("acc_1", None, hours_ago=3)).rows[0].texts[2] == "unknown"


def test_longest_limit_is_shown_and_another_can_be_chosen() -> None:
    points = (
        point("acc_1", 80, hours_ago=9),
        point("acc_1", 30, hours_ago=3, minutes=300, kind="session"),
    )
    assert (shown(*points).window, shown(*points).windows) == (
        10_080,
        ((10_080, "week"), (300, "5 h")),
    )
    assert [row.texts[2] for row in shown(*points, window=300).rows] == ["30 %"]
    assert shown(*points, window=7).window == 10_080


def test_week_of_somebody_who_began_this_morning_begins_this_morning() -> None:
    chart = shown(point("acc_1", 80, hours_ago=3), point("acc_1", 70, hours_ago=2)).chart
    assert chart is not None
    assert (chart.start, chart.end) == (at(3), at(0))
    assert [tick.text for level in chart.ticks for tick in level] == [
        "06:00", "07:00", "08:00", "09:00",
    ]  # fmt: skip
    just = shown(point("acc_1", 80, hours_ago=0.1)).chart
    assert just is not None
    assert just.start == at(1)


def test_changes_that_look_alike_are_one_row() -> None:
    rows = shown(point("acc_1", 80.2, hours_ago=3), point("acc_1", 80.4, hours_ago=3)).rows
    assert len(rows) == 1


def test_limits_of_single_models_and_older_points_are_not_mixed_in() -> None:
    of_model: dict[str, JsonValue] = {**point("acc_1", 5, hours_ago=1), "scope": "luna"}
    assert shown(of_model, point("acc_1", 50, hours_ago=24 * 8)).chart is None


def test_chart_has_room_for_six_and_says_how_many_it_leaves_out() -> None:
    people: list[JsonValue] = [{"id": f"a{n}", "label": f"Client {n}"} for n in range(9)]
    points: list[JsonValue] = [
        point(f"a{n}", 90 - hours, hours_ago=hours + 1) for n in range(9) for hours in range(n + 1)
    ]
    made = limits_history.history(
        Answer({"accounts": people, "history": points}),
        window=None,
        span=WEEK,
        now=NOW,
        speech=SPEECH,
    )
    assert made.chart is not None
    assert [one.name for one in made.chart.lines] == [f"Client {n}" for n in range(3, 9)]
    assert [one.look for one in made.chart.lines] == list(range(LOOKS))
    assert made.left_out == 3
    assert {row.texts[1] for row in made.rows} == {f"Client {n}" for n in range(9)}


def test_newest_change_stands_first_in_the_table() -> None:
    rows = shown(point("acc_1", 80, hours_ago=10), point("acc_2", 70, hours_ago=4)).rows
    assert [row.texts for row in rows] == [
        ("05:00", "Personal", "70 %", "4 Mar 01:00"),
        ("1 Mar 23:00", "Work", "80 %", "4 Mar 01:00"),
    ]


def tokens(by: str = "account") -> tokens_per_day.Tokens:
    answer = Answer(usage_answers.usage(by))
    return tokens_per_day.tokens(answer, days=7, now=NOW, speech=SPEECH)


def test_every_day_has_its_column_the_largest_name_stands_lowest() -> None:
    made = tokens().chart
    assert made is not None
    assert [len(pile.values) for pile in made.piles] == [7, 7, 7]
    assert made.piles[0].name == "Work"
    highest = max(map(sum, zip(*(pile.values for pile in made.piles), strict=True)))
    assert highest <= made.top == made.levels[-1].at


def test_columns_add_up_to_what_the_table_says() -> None:
    made = tokens("model")
    assert made.chart is not None
    drawn = sum(sum(pile.values) for pile in made.chart.piles)
    said = sum(int(row.texts[n].replace(",", "")) for row in made.rows for n in (3, 5))
    assert drawn == said


def test_small_ones_are_one_pile() -> None:
    lines: list[JsonValue] = [usage_answers.used(0, f"m{n}", 1000 * (9 - n)) for n in range(9)]
    made = tokens_per_day.tokens(Answer({"lines": lines}), days=7, now=NOW, speech=SPEECH)
    assert made.chart is not None
    assert [pile.name for pile in made.chart.piles] == ["m0", "m1", "m2", "m3", "m4", "others"]
    assert made.chart.piles[-1].values[-1] == sum(1000 * (9 - n) * 1.1 for n in range(5, 9))


def test_day_is_the_persons_own() -> None:
    late = english(ZoneInfo("Pacific/Auckland"))
    lines: list[JsonValue] = [usage_answers.used(0, "Work", 1000)]
    evening = NOW.replace(hour=22)  # the third of March over there
    made = tokens_per_day.tokens(Answer({"lines": lines}), days=2, now=evening, speech=late)
    assert made.chart is not None
    assert [tick.text for tick in made.chart.ticks[0]] == ["2 Mar", "3 Mar"]
    assert made.chart.piles[0].values == (1100.0, 0.0)


def test_price_that_nobody_knows_is_not_nothing() -> None:
    lines: list[JsonValue] = [usage_answers.used(0, "Work", 1000, None)]
    made = tokens_per_day.tokens(Answer({"lines": lines}), days=7, now=NOW, speech=SPEECH)
    assert made.rows[0].texts[-1] == "not known"
    assert made.total.endswith("at API prices: not known.")


def test_pool_ahead_is_a_band_and_the_same_every_half_day() -> None:
    made = pool_ahead.ahead(Answer(usage_answers.forecast()), now=NOW, speech=SPEECH)
    assert made.verdict == "Enough until Tue 09:00; Personal has 70 % left."
    assert made.chart is not None
    assert len(made.chart.band) == 169
    assert made.rows[0].texts == ("09:00", "70 %", "70 %", "70 %")
    assert len(made.rows) == 15
    assert all(low <= high for _, low, high in made.chart.band)


def test_nothing_known_is_no_chart() -> None:
    empty = Answer({})
    assert pool_ahead.ahead(empty, now=NOW, speech=SPEECH).chart is None
    assert tokens_per_day.tokens(empty, days=7, now=NOW, speech=SPEECH).chart is None
    assert shown().chart is None


@pytest.mark.parametrize(
    ("number", "said"),
    [
        pytest.param(0, "0", id="nothing"),
        pytest.param(999, "999", id="hundreds"),
        pytest.param(1_500, "1.5 k", id="thousands"),
        pytest.param(999_960, "1 M", id="nearly a million is not a thousand thousands"),
        pytest.param(12_340_000, "12.3 M", id="millions"),
    ],
)
def test_counts_are_short(number: float, said: str) -> None:
    assert compact(number, speech=SPEECH) == said


@pytest.mark.parametrize("most", [0, 1, 3, 9, 10, 4_700_000, 99_000_001])
def test_levels_are_round_and_few_and_reach_the_highest(most: float) -> None:
    top, ticks = levels(most, speech=SPEECH)
    assert top >= most
    assert 2 <= len(ticks) <= 5
    assert all(str(int(tick.at)).rstrip("0") in {"", "1", "2", "3", "4", "5", "6", "8", "15"}
               for tick in ticks)  # fmt: skip


@pytest.mark.parametrize(
    ("span", "coarse"),
    [
        pytest.param(DAY, ["12:00", "18:00", "2 Mar"], id="a day: hours, and the day at midnight"),
        pytest.param(7 * DAY, ["25 Feb", "27 Feb", "1 Mar"], id="a week"),
        pytest.param(30 * DAY, ["14 Feb", "28 Feb"], id="a month"),
    ],
)
def test_few_ticks_at_round_places(span: timedelta, coarse: list[str]) -> None:
    few, more = time_ticks(NOW - span, NOW, speech=SPEECH)
    assert [tick.text for tick in few][:3] == coarse
    assert len(few) <= 5
    assert len(more) <= 9
    assert not {tick.at for tick in few} & {tick.at for tick in more}


def test_ticks_stand_at_the_persons_midnight_over_a_change_of_the_clock() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    change = NOW.replace(month=3, day=31)
    few, more = time_ticks(change - WEEK, change, speech=english(berlin))

    assert {
        datetime.fromtimestamp(tick.at, UTC).astimezone(berlin).hour for tick in (*few, *more)
    } == {0}


def test_levels_are_said_as_the_language_does() -> None:
    said = [[tick.text for tick in per_cents(local_speech(one, {}))] for one in ("de", "zh_CN")]
    assert said == [["0 %", "50 %", "100 %"], ["0%", "50%", "100%"]]
    assert compact(1_540_000, speech=local_speech("de", {})) == "1,54 Mio."
