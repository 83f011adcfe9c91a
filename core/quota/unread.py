"""Which parts of what the back end said of limits were passed over (pure).

The readers of `core.quota.parse` use what is good and leave the rest unknown. Here the rest is
named, for a line of the debug log: names that are known, never a value. Unread is what was said and
cannot be what its name says; what is absent, empty or 0 was not said.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from core.quota import numbers

_DEEPEST = 4
"""So deep lies what the readers look at: the number in a window of a limit of the list."""
MOST_NAMED = 8
"""So many parts are named at most: a broken answer is broken in many places."""

_OF_A_LIMIT = re.compile(r"x-[a-z0-9-]{1,40}-(?:primary|secondary)-(?P<what>[a-z-]+)")
_LIST = "additional_rate_limits"
_OBJECTS = frozenset(
    {
        "code_review_rate_limit",
        "credits",
        "individual_limit",
        "primary",
        "primary_window",
        "rate_limit",
        "rate_limit_reset_credits",
        "rate_limits",
        "secondary",
        "secondary_window",
        "spend_control",
    }
)
_CHECKS: Mapping[str, Callable[[float, datetime], bool]] = MappingProxyType(
    {
        "used_percent": lambda number, _: numbers.left(number) is not None,
        "remaining_percent": lambda number, _: numbers.left(100 - number) is not None,
        "window_minutes": lambda number, _: numbers.length(number),
        "limit_window_seconds": lambda number, _: numbers.length(number / 60),
        "reset_at": lambda number, now: numbers.moment(number, now) is not None,
        "reset_after_seconds": lambda number, _: numbers.wait(number) is not None,
    }
)


def unread_in_headers(fields: Iterable[tuple[bytes, bytes]], *, now: datetime) -> tuple[str, ...]:
    """Names of the limit fields of a head that were passed over, in their order."""
    found = []
    for key, value in fields:
        match = _OF_A_LIMIT.fullmatch(name := key.decode("latin-1").lower())
        what = match["what"].replace("-", "_") if match is not None else ""
        text = value.decode("latin-1").strip()
        if what in _CHECKS and text and not _is_good(what, numbers.in_text(text), now):
            found.append(name)
    return tuple(found[:MOST_NAMED])


def unread_in_document(document: Mapping[str, object], *, now: datetime) -> tuple[str, ...]:
    """Paths of the parts of an event or a usage answer that were passed over, in their order."""
    return tuple(_unread(document, "", now, _DEEPEST)[:MOST_NAMED])


def _unread(part: Mapping[str, object], path: str, now: datetime, deeper: int) -> list[str]:
    found: list[str] = []
    for key, inner in part.items() if deeper else ():
        if inner is None:
            continue
        if key in _CHECKS and not _is_good(key, numbers.in_json(inner), now):
            found.append(path + key)
        elif key in _OBJECTS:
            found += _in_object(inner, path + key, now, deeper)
        elif key == _LIST and isinstance(inner, list):
            for number, entry in enumerate(inner):
                found += _in_object(entry, f"{path}{key}[{number}]", now, deeper)
        elif key == _LIST:
            found.append(path + key)
    return found


def _in_object(part: object, path: str, now: datetime, deeper: int) -> list[str]:
    return _unread(part, f"{path}.", now, deeper - 1) if isinstance(part, dict) else [path]


def _is_good(what: str, number: float | None, now: datetime) -> bool:
    return number is not None and (number == 0 or _CHECKS[what](number, now))
