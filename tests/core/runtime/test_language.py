"""Times in the machine's own zone, by the rules of the day that is spoken of."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.runtime.language import MachineZone, local_speech

WINTER = datetime(2026, 2, 2, 12, 0, tzinfo=UTC)
SUMMER = datetime(2026, 7, 6, 12, 0, tzinfo=UTC)


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize(
    ("moment", "said"),
    [pytest.param(WINTER, "13:00", id="winter"), pytest.param(SUMMER, "14:00", id="summer")],
)
def test_each_day_has_its_own_offset(moment: datetime, said: str) -> None:
    assert local_speech().clock(moment, moment) == said


@pytest.mark.usefixtures("in_berlin")
def test_a_time_beyond_the_change_is_not_an_hour_off() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    assert local_speech().clock(before + timedelta(days=2), before) == "Mon 14:00"


@pytest.mark.usefixtures("in_berlin")
def test_every_hour_of_a_year_is_what_the_time_zone_database_says() -> None:
    ours, theirs, start = MachineZone(), ZoneInfo("Europe/Berlin"), datetime(2026, 1, 1, tzinfo=UTC)
    for hours in range(366 * 24):
        moment = start + timedelta(hours=hours)
        local, known = moment.astimezone(ours), moment.astimezone(theirs)
        assert local.replace(tzinfo=None) == known.replace(tzinfo=None)
        assert local.utcoffset() == known.utcoffset()
        assert local.tzname() == known.tzname()
        assert local.astimezone(UTC) == moment
