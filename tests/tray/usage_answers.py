"""Made-up answers for the Usage page: limits over a week, tokens per day, the pool ahead."""

from datetime import timedelta
from math import sin

from core.control.facade import JsonValue
from core.domain.sentence import Sentence
from tests.tray.snapshots import NOW

Object = dict[str, JsonValue]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_PEOPLE = (("acc_1", "Work", 2), ("acc_2", "Personal", 4), ("acc_3", "Client A", 6))
_ENOUGH = Sentence(
    "Enough until {time}; {label} has {percent} left.",
    time="Tue 09:00",
    label="Personal",
    percent=Sentence("{whole} %", whole=70),
)
_MODELS = ("gpt-6.1-sol", "gpt-6.1-luna", "gpt-6-mini")


def point(account: str, left: float | None, *, hours_ago: float, resets_in: float = 40.0,
          minutes: int = 10_080, kind: str = "week") -> Object:  # fmt: skip
    return {
        "account": account,
        "scope": "all",
        "kind": kind,
        "minutes": minutes,
        "at": (NOW - hours_ago * _HOUR).isoformat(),
        "remaining": left,
        "resets_at": (NOW + resets_in * _HOUR).isoformat(),
    }


def quota(history: list[JsonValue] | None = None) -> Object:
    """Three accounts over a week; the second one's week ended three days ago."""
    return {
        "at": NOW.isoformat(),
        "accounts": [{"id": id_, "label": label} for id_, label, _ in _PEOPLE],
        "history": _made_up() if history is None else history,
        "csv": "at,label\n",
    }


def _made_up() -> list[JsonValue]:
    found: list[JsonValue] = []
    for number, (id_, _, pace) in enumerate(_PEOPLE):
        for step in range(28):
            ago = 165.0 - 6 * step
            if number == 1 and 60 < ago < 72:
                continue  # nobody said anything for a while after the reset
            begun = 16 if number == 1 and ago < 72 else 0
            left = 100 - (step - begun) * pace * 0.8 + 3 * sin(step * 2)
            resets = {0: 20.0, 1: 96.0 if begun else -72.0, 2: 40.0}[number]
            found.append(point(id_, min(100.0, max(0.0, left)), hours_ago=ago, resets_in=resets))
        found.append(point(id_, 40.0, hours_ago=3, resets_in=2, minutes=300, kind="session"))
    return found


def used(day: int, label: str, tokens: int, cost: float | None = 1.25) -> Object:
    return {
        "key": label,
        "label": label,
        "day": f"{NOW - day * _DAY:%Y-%m-%d}",
        "requests": tokens // 40_000,
        "input": tokens,
        "cached_input": tokens // 2,
        "output": tokens // 10,
        "cost": cost,
    }


def usage(by: str = "account") -> Object:
    names = _MODELS if by == "model" else tuple(label for _, label, _ in _PEOPLE)
    lines: list[JsonValue] = [
        used(day, name, int(1_000_000 * (2 + sin(day + 2 * number)) / (number + 1)))
        for day in range(6, -1, -1)
        for number, name in enumerate(names)
        if (day + number) % 5
    ]
    return {
        "lines": lines,
        "total": {"requests": 612, "input": 24_600_000, "output": 2_400_000, "cost": 61.5},
        "csv": "day,label\n",
    }


def forecast() -> Object:
    points: list[JsonValue] = []
    for hour in range(169):
        day = hour % 96
        points.append(
            {
                "at": (NOW + hour * _HOUR).isoformat(),
                "low": max(0.0, 70 - 1.1 * day),
                "likely": max(0.0, 70 - 0.8 * day),
                "high": max(0.0, 70 - 0.4 * day),
            }
        )
    return {"verdict": {"state": "enough", "text": _ENOUGH}, "ahead": points}
