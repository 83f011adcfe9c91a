"""Orderings: which of the eligible accounts serves a new thread. One function a strategy.

Each gets the eligible accounts in the order of their numbers and the account of the newest choice,
and names one. All are deterministic.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from core.domain.account import AccountId

type Strategy = Callable[[Sequence[AccountId], Sequence[AccountId], AccountId | None], AccountId]
"""(everyone in order, the eligible in order and at least one, the newest choice) → the choice."""


def sticky(
    everyone: Sequence[AccountId], eligible: Sequence[AccountId], newest: AccountId | None
) -> AccountId:
    """Stay until blocked; then the next in order."""
    if newest is not None and newest in eligible:
        return newest
    return _next_after(everyone, eligible, newest)


def round_robin(
    everyone: Sequence[AccountId], eligible: Sequence[AccountId], newest: AccountId | None
) -> AccountId:
    """Take turns: the next in order after the newest choice."""
    return _next_after(everyone, eligible, newest)


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {"sticky": sticky, "round-robin": round_robin}
)
"""By the name that `routing.strategy` takes."""


def _next_after(
    everyone: Sequence[AccountId], eligible: Sequence[AccountId], newest: AccountId | None
) -> AccountId:
    if newest is None or newest not in everyone:
        return eligible[0]
    start = everyone.index(newest) + 1
    in_turn = (*everyone[start:], *everyone[:start])
    return next(account for account in in_turn if account in eligible)
