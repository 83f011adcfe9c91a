"""Logins that are not ended, and yet cannot be relied on. Pure transitions.

Their refresh token may be spent, or may be somebody else's too; or nobody could be asked for a
newer access token so far.
"""

from dataclasses import replace

from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.events import AccountChanged, Event
from core.domain.observed import Lesson, Observed


def doubted(account: AccountId, because: Because) -> Lesson:
    """The account is *unverified* from now on: `IN_DOUBT` or `RESTORED`. The latter weighs more."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.unverified.get(account)
        if known in (because, Because.RESTORED):
            return observed, ()
        unverified = {**observed.unverified, account: because}
        return replace(observed, unverified=unverified), (AccountChanged(account=account),)

    return lesson


def verified(account: AccountId) -> Lesson:
    """There is no doubt any more: a newer login came in, or the user says so."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if account not in observed.unverified:
            return observed, ()
        unverified = {k: v for k, v in observed.unverified.items() if k != account}
        return replace(observed, unverified=unverified), (AccountChanged(account=account),)

    return lesson


def not_renewed(account: AccountId) -> Lesson:
    """Its access token has run out and nobody could be asked for another; it is tried again.

    It is only shown: a request may still choose the account, and find the network back.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if account in observed.unrenewed:
            return observed, ()
        unrenewed = observed.unrenewed | {account}
        return replace(observed, unrenewed=unrenewed), (AccountChanged(account=account),)

    return lesson
