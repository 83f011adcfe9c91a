"""The ten newest stay, and one a day for fourteen days; nothing else in the folder is touched."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.storage.kept_backups import DAYS, NEWEST, in_order, made_at, name_of, to_drop

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
moments = st.integers(0, 60 * 24 * 3600).map(lambda seconds: NOW - timedelta(seconds=seconds))


def names_of(times: list[datetime]) -> list[str]:
    names: list[str] = []
    for moment in times:
        names.append(name_of(moment, names))
    return names


def test_a_name_says_when_and_is_given_once() -> None:
    first = name_of(NOW, [])
    second = name_of(NOW, [first])
    assert (first, second) == (
        "turntable-20260320T120000Z.backup",
        "turntable-20260320T120000Z-2.backup",
    )
    assert made_at(first) == made_at(second) == NOW


def test_a_name_that_rotation_has_freed_is_not_given_again() -> None:
    first = name_of(NOW, [])
    second = name_of(NOW, [first])
    third = name_of(NOW, [second])
    assert in_order([second, third]) == (third, second)
    assert third != first


def test_other_files_are_none_of_ours() -> None:
    others = ["notes.txt", "turntable-2026.backup", "turntable-20261399T120000Z.backup"]
    assert in_order(others) == ()
    assert to_drop(others, NOW) == ()


def test_a_day_of_many_changes_keeps_ten_and_a_month_keeps_one_a_day() -> None:
    today = [NOW - timedelta(minutes=10 * n) for n in range(30)]
    before = [NOW - timedelta(days=n) for n in range(1, 31)]
    names = names_of(today + before)
    stays = set(names) - set(to_drop(names, NOW))
    assert stays == {*names[:NEWEST], *names[30 : 30 + DAYS - 1]}


@given(st.lists(moments, max_size=60))
def test_what_stays_is_the_newest_and_the_newest_of_each_day(times: list[datetime]) -> None:
    names = names_of(times)
    stays = set(names) - set(to_drop(names, NOW))
    ordered = in_order(names)
    assert set(ordered[:NEWEST]) <= stays
    for days in range(DAYS - 1):
        day = (NOW - timedelta(days=days)).date()
        of_day = [n for n in ordered if (m := made_at(n)) is not None and m.date() == day]
        assert not of_day or of_day[0] in stays
    assert to_drop(sorted(stays), NOW) == ()
    assert len(stays) <= NEWEST + DAYS + 1
