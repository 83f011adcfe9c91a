"""Logins whose refresh token may be spent, or may be somebody else's too. Pure transitions."""

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
