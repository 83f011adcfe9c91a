"""Limits in the heads of answers, read when they say something new: every answer repeats them."""

import logging
from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.domain.quota import Quota
from core.proxy.fields import Fields, Lines
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
        lines = fields.lowered()
        said = tuple([line for name, line in lines if name[:2] == b"x-" and _is_of_limits(name)])
        if not said:
            return None
        last = self._last.get(account)
        if last is not None and last[0] == said and now - last[1] < AGAIN_AFTER:
            return None
        self._last[account] = said, now
        if _log.isEnabledFor(logging.DEBUG) and (unread := unread_in_headers(said, now=now)):
            _log.debug("a head for %s says what cannot be: %s", account, unread)
        return quota_from_headers(said, now=now)


def _is_of_limits(name: bytes) -> bool:
    return (
        name.find(b"-primary-") >= 0  # `in` is dearer (`sse`)
        or name.find(b"-secondary-") >= 0
        or name.find(b"-credits-") >= 0
        or name.endswith((b"-limit-name", b"-plan-type"))
    )
