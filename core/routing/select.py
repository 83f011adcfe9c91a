"""Who serves: one pure function from what the user chose and what we learned to a decision.

The order is fixed: *stay* restricts, each account gets a verdict, then the thread's owner, then
*use*, then the strategy. An account that fails rests, but is asked when nobody else is left: a
client is never refused while an account might serve it.
"""

from collections.abc import Sequence
from datetime import datetime

from core.domain.account import AccountId
from core.domain.decision import (
    AccountState,
    Because,
    Decision,
    Refuse,
    RefuseReason,
    Use,
    UseReason,
    Verdict,
)
from core.domain.facts import Facts
from core.domain.observed import Observed
from core.domain.state import Rotation, RotationMode, State, rotation_at
from core.routing.eligibility import verdict
from core.routing.strategies import STRATEGIES


def select(
    *,
    state: State,
    observed: Observed,
    strategy: str,
    facts: Facts,
    tried: frozenset[AccountId],
    now: datetime,
) -> Decision:
    """Decide who serves a request, or why nobody may.

    Args:
        state: what the user chose.
        observed: what was learned.
        strategy: a key of `STRATEGIES`.
        facts: the request.
        tried: accounts that this request was sent with already; none of them is chosen.
        now: aware UTC.
    """
    rotation = rotation_at(state, now)
    owner = _owner_of(facts, observed)
    forced = _forced(rotation, owner, observed)
    verdicts = tuple(
        verdict(account, observed, facts, forced=forced, tried=tried, now=now)
        for account in state.accounts.values()
    )
    eligible = [v.account for v in verdicts if v.eligible] or _last_resort(verdicts, forced, tried)
    if not eligible:
        return _refuse(verdicts, forced, rotation)
    chosen, reason = _choose(
        eligible,
        state=state,
        observed=observed,
        rotation=rotation,
        owner=owner,
        mid_turn=facts.mid_turn,
        strategy=strategy,
    )
    moved_from = owner if owner is not None and owner != chosen else None
    return Use(account=chosen, reason=reason, moved_from=moved_from, verdicts=verdicts)


def _owner_of(facts: Facts, observed: Observed) -> AccountId | None:
    """The account that the thread lives on; a child thread inherits its parent's."""
    for thread in (facts.thread, facts.parent):
        if thread is not None and (owner := observed.owners.get(thread)) is not None:
            return owner.account
    return None


def _forced(rotation: Rotation, owner: AccountId | None, observed: Observed) -> AccountId | None:
    """The only account that may serve: of *stay*; of a paused rotation the one in use."""
    match rotation.mode:
        case RotationMode.STAY:
            return rotation.account
        case RotationMode.PAUSED:
            return owner or observed.last_chosen
        case RotationMode.AUTO | RotationMode.USE:
            return None


def _last_resort(
    verdicts: Sequence[Verdict], forced: AccountId | None, tried: frozenset[AccountId]
) -> list[AccountId]:
    """The failing account that rests for the shortest time, when nobody else is left."""
    resting = [
        v
        for v in verdicts
        if v.state is AccountState.FAILING
        and v.until is not None
        and v.account not in tried
        and forced in (None, v.account)
    ]
    soonest = min(resting, key=lambda v: (v.until, v.account), default=None)
    return [] if soonest is None else [soonest.account]


def _choose(
    eligible: Sequence[AccountId],
    *,
    state: State,
    observed: Observed,
    rotation: Rotation,
    owner: AccountId | None,
    mid_turn: bool,
    strategy: str,
) -> tuple[AccountId, UseReason]:
    if rotation.mode is RotationMode.STAY:
        return eligible[0], UseReason.STAY
    preferred = rotation.account if rotation.mode is RotationMode.USE else None
    may_move = not (mid_turn and owner in eligible)
    if preferred is not None and preferred in eligible and may_move:
        # A known thread moves to the preferred account at its next turn, never within one.
        known = owner == preferred
        return preferred, UseReason.OWNER if known else UseReason.PREFERRED
    if owner is not None and owner in eligible:
        return owner, UseReason.OWNER
    chosen = STRATEGIES[strategy](tuple(state.accounts), eligible, observed.last_chosen)
    return chosen, UseReason.STRATEGY


def _refuse(verdicts: tuple[Verdict, ...], forced: AccountId | None, rotation: Rotation) -> Refuse:
    concerned = [v for v in verdicts if forced in (None, v.account)]
    waiting = [v for v in concerned if v.state is AccountState.WAITING and v.until is not None]
    if waiting:
        first = min(waiting, key=lambda v: (v.until, v.account))
        return Refuse(
            reason=RefuseReason.ALL_WAITING,
            until=first.until,
            account=first.account,
            verdicts=verdicts,
        )
    reason = _reason(concerned, forced if rotation.mode is RotationMode.STAY else None)
    return Refuse(reason=reason, until=None, account=forced, verdicts=verdicts)


def _reason(concerned: Sequence[Verdict], stayed: AccountId | None) -> RefuseReason:
    """Why nobody may, where waiting does not help: the reason that a person can act upon."""
    if not concerned:
        return RefuseReason.NO_ACCOUNT
    if any(
        v.because is Because.ALREADY_TRIED or v.state is AccountState.FAILING for v in concerned
    ):
        return RefuseReason.ALL_FAILING
    if stayed is not None:
        return RefuseReason.FORCED_UNAVAILABLE
    if any(v.state is AccountState.NEEDS_SIGN_IN for v in concerned):
        return RefuseReason.ALL_SIGNED_OUT
    if any(v.state is AccountState.OUT_OF_SERVICE for v in concerned):
        return RefuseReason.ALL_OUT_OF_SERVICE
    return RefuseReason.PAUSED
