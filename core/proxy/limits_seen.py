"""Limits in the heads of answers, read when they say something new: every answer repeats them."""

import logging
from datetime import datetime, timedelta
from functools import lru_cache

from core.domain.account import AccountId
from core.domain.quota import Quota
from core.proxy.fields import Fields, Lines, Names
from core.quota.parse import quota_from_headers
from core.quota.unread import unread_in_headers

_log = logging.getLogger(__name__)

AGAIN_AFTER = timedelta(seconds=10)
"""What is repeated is read again after this, so that it counts as seen a moment ago."""


class LimitsSeen:
    """Remembers, for each account, what was said last and when it was read."""

    def __init__(self) -> None:
        self._last: dict[AccountId, tuple[Lines, datetime]] = {}

    def fresh(self, account: AccountId, fields: Fields, *, now: datetime) -> Quota | None:
        """The limits in a head; None when it says nothing, or nothing new."""
        said = tuple([fields.lines[place] for place in _of_limits(fields.names)])
        if not said:
            return None
        last = self._last.get(account)
        if last is not None and last[0] == said and now - last[1] < AGAIN_AFTER:
            return None
        self._last[account] = said, now
        if _log.isEnabledFor(logging.DEBUG) and (unread := unread_in_headers(said, now=now)):
            _log.debug("a head for %s says what cannot be: %s", account, unread)
        return quota_from_headers(said, now=now)


@lru_cache(maxsize=16)
def _of_limits(names: Names) -> tuple[int, ...]:
    """Which lines tell of limits; the names are the same in nearly every answer."""
    return tuple([n for n, name in enumerate(names) if name[:2] == b"x-" and _is_of_limits(name)])


def _is_of_limits(name: bytes) -> bool:
    return (
        b"-primary-" in name
        or b"-secondary-" in name
        or b"-credits-" in name
        or name.endswith((b"-limit-name", b"-plan-type"))
    )
