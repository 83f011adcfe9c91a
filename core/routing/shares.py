"""Sharing by weight: after any number of choices each account is within one of its share (pure).

Each choice is a slot. The k-th turn of an account with share p must not come before slot
⌊(k−1)/p⌋ + 1 and not after slot ⌈k/p⌉; serving the earliest deadline among those that may come
keeps every account within one of p·n at every n (S. Baruah et al., *Proportionate progress*, 1996:
on one resource, earliest pseudo-deadline first is feasible). The usual "largest deficit first" does
not promise that. Of equal deadlines whoever is further behind goes first, which spreads the turns.
"""

from collections.abc import Sequence

from core.domain.account import Account, AccountId
from core.domain.decision import Shares


def next_by_weight(
    eligible: Sequence[Account], known: Shares | None, *, newest: AccountId | None = None
) -> tuple[AccountId, Shares]:
    """Whose turn it is among `eligible`, and what is to be remembered of it.

    Another set of accounts or weights begins anew, since shares of the old one mean nothing; it
    begins after the `newest` choice, so that a set that changes often favours nobody.
    """
    weights = tuple((account.id, account.weight) for account in eligible)
    fits = known is not None and known.weights == weights
    chosen = known.chosen if known is not None and fits else (0,) * len(weights)
    total = sum(weight for _, weight in weights)
    slot = sum(chosen) + 1
    begin = next((n + 1 for n, account in enumerate(eligible) if account.id == newest), 0)
    turn = min(
        (
            (
                -(-(count + 1) * total // weight),
                count * total - slot * weight,
                (position - begin) % len(weights),
                position,
            )
            for position, ((_, weight), count) in enumerate(zip(weights, chosen, strict=True))
            if count * total // weight < slot
        ),
    )[3]
    counts = tuple(count + (position == turn) for position, count in enumerate(chosen))
    if sum(counts) == total:
        counts = (0,) * len(counts)  # a whole round: everyone has exactly their share
    return weights[turn][0], Shares(weights=weights, chosen=counts)
