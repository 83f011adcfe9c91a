"""Times and sentences as one person hears them: their zone, their language."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from core.words.speech import Speech, english

BERLIN = ZoneInfo("Europe/Berlin")
KIRITIMATI = timezone(timedelta(hours=14))
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SUMMER_BEGINS = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
"""In Berlin the clock goes from 02:00 to 03:00."""
SUMMER_ENDS = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
"""In Berlin the clock goes from 03:00 to 02:00."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "now", "zone", "said"),
    [
        pytest.param(MONDAY, MONDAY, UTC, "09:00", id="now"),
        pytest.param(MONDAY + 15 * HOUR - MINUTE, MONDAY, UTC, "23:59", id="later today"),
        pytest.param(MONDAY - 9 * HOUR, MONDAY, UTC, "00:00", id="earlier today"),
        pytest.param(MONDAY + 15 * HOUR, MONDAY, UTC, "Tue 00:00", id="the midnight to come"),
        pytest.param(MONDAY + 6 * DAY - MINUTE, MONDAY, UTC, "Sun 08:59", id="within six days"),
        pytest.param(MONDAY + 6 * DAY, MONDAY, UTC, "8 Mar", id="then the day is named"),
        pytest.param(MONDAY + 7 * DAY, MONDAY, UTC, "9 Mar", id="next Monday is not today"),
        pytest.param(MONDAY - DAY, MONDAY, UTC, "1 Mar", id="yesterday is no day to come"),
        pytest.param(MONDAY + 365 * DAY, MONDAY, UTC, "2 Mar 2027", id="another year is named"),
        pytest.param(
            datetime(2027, 1, 1, 8, 0, tzinfo=UTC),
            datetime(2026, 12, 31, 9, 0, tzinfo=UTC),
            UTC,
            "Fri 08:00",
            id="a new year within the week",
        ),
        pytest.param(MONDAY, MONDAY, BERLIN, "10:00", id="their own clock, not ours"),
        pytest.param(MONDAY + 2 * HOUR, MONDAY, KIRITIMATI, "Tue 01:00", id="their own day"),
        pytest.param(
            SUMMER_BEGINS + HOUR, SUMMER_BEGINS - HOUR, BERLIN, "04:00", id="over the spring change"
        ),
        pytest.param(
            SUMMER_BEGINS + 3 * DAY, SUMMER_BEGINS - DAY, BERLIN, "Wed 03:00", id="days after it"
        ),
        pytest.param(
            SUMMER_ENDS + HOUR, SUMMER_ENDS - 3 * HOUR, BERLIN, "03:00", id="over the autumn change"
        ),
        pytest.param(
            SUMMER_ENDS + 2 * DAY, SUMMER_ENDS - 2 * DAY, BERLIN, "Tue 02:00", id="days after that"
        ),
    ],
)
def test_a_time_as_people_say_it(moment: datetime, now: datetime, zone: tzinfo, said: str) -> None:
    assert english(zone).clock(moment, now) == said


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        pytest.param(MONDAY - HOUR, "08:00", id="today"),
        pytest.param(MONDAY - DAY, "1 Mar 09:00", id="another day keeps its time"),
        pytest.param(MONDAY - 365 * DAY, "2 Mar 2025 09:00", id="another year is named"),
    ],
)
def test_when_something_was(moment: datetime, said: str) -> None:
    assert english().stamp(moment, MONDAY) == said


def test_a_sentence_is_translated_before_it_is_filled() -> None:
    catalogue = {"{label} is back.": "{label} ist zurück.", "Tue": "Di", "Mar": "März"}
    german = Speech(translate=lambda sentence: catalogue.get(sentence, sentence), zone=UTC)

    assert german.say("{label} is back.", label="Work {x}") == "Work {x} ist zurück."
    assert german.clock(MONDAY + DAY, MONDAY) == "Di 09:00"
    assert german.clock(MONDAY - DAY, MONDAY) == "1 März"
