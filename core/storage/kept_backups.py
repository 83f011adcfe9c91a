"""Which of our own backups stay: the ten newest, and one a day for fourteen days. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

NEWEST = 10
DAYS = 14
_NAME = re.compile(r"turntable-(\d{8}T\d{6})Z(?:-(\d+))?\.backup")
_FORMAT = "%Y%m%dT%H%M%S"


def name_of(moment: datetime, taken: Iterable[str]) -> str:
    """The name of a backup made at `moment`; names sort as the times do."""
    second = moment.astimezone(UTC).replace(microsecond=0)
    # Not the first free one: a name that rotation has freed would count as the oldest again.
    numbers = [found[1] for one in taken if (found := _parsed(one)) and found[0] == second]
    stem = f"turntable-{second:{_FORMAT}}Z"
    return f"{stem}-{max(numbers) + 1}.backup" if numbers else f"{stem}.backup"


def made_at(name: str) -> datetime | None:
    """When the backup of this name was made; None for another file."""
    found = _parsed(name)
    return None if found is None else found[0]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Our backups among these files, newest first."""
    dated = [(found, name) for name in names if (found := _parsed(name)) is not None]
    return tuple(name for _, name in sorted(dated, reverse=True))


def to_drop(names: Iterable[str], now: datetime) -> tuple[str, ...]:
    """Our backups among these files that need not stay."""
    ordered = in_order(names)
    days: set[object] = set()
    stays = set(ordered[:NEWEST])
    for name in ordered:
        moment = made_at(name)
        if moment is None or now - moment >= timedelta(days=DAYS) or moment.date() in days:
            continue
        days.add(moment.date())
        stays.add(name)
    return tuple(name for name in ordered if name not in stays)


def _parsed(name: str) -> tuple[datetime, int] | None:
    """The second, and which one in it."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match[1], _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment, int(match[2] or 1)
