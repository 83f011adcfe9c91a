"""Who serves: one pure function from what the user chose and what we learned to a decision.

The order is fixed: rules and *stay* restrict, each account gets a verdict, then the thread’s owner,
then *use*, then the strategy. An account that fails rests, but is asked when nobody else is left: a
client is never refused while an account might serve it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.account import Account, AccountId
from core.domain.budgets import Over
from core.domain.decision import (
    BY_RULE,
    AccountState,
    Decision,
    Refuse,
    RefuseReason,
    Shares,
    Use,
    UseReason,
    Verdict,
    Wait,
    WaitReason,
    among,
)
from core.domain.facts import Facts, RequestKind
from core.domain.observed import Observed, is_challenged, pool_pause_at
from core.domain.quota import Quota
from core.domain.settings import RoutingSettings
from core.domain.state import Rotation, RotationMode, State, rotation_at
from core.routing.budgets import over_for_work
from core.routing.continuity import instead_of_moving, wait_for
from core.routing.eligibility import Terms, verdict
from core.routing.headroom import headroom, is_low
from core.routing.refusals import of_spent_work, out_of_budget, refuse
from core.routing.scope import EVERYBODY, Scope, outside, scope_of
from core.routing.shares import next_by_weight
from core.routing.strategies import STRATEGIES, Choosing

_NOTHING_KNOWN = Quota()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What a decision depends on besides the two values and the request.

    Attributes:
        settings: `routing.*` as it counts now.
        now: aware UTC.
        draw: from 0 up to 1, for the strategy `random`.
    """

    settings: RoutingSettings
    now: datetime
    draw: float = 0.0


def select(
    *,
    state: State,
    observed: Observed,
    facts: Facts,
    tried: frozenset[AccountId],
    chances: Chances,
) -> Decision:
    """Decide who serves a request, or why nobody may.

    Args:
        state: what the user chose.
        observed: what was learned.
        facts: the request.
        tried: accounts that this request was sent with already; none of them is chosen.
        chances: settings, time and draw.
    """
    case = _case(state, observed, facts, tried, chances.now)
    if not case.eligible:
        decision = _nobody(case, chances)
    else:
        held = _held(case, observed, facts, chances)
        decision = held or _use(case, state, observed, facts, chances)
    if case.scope is EVERYBODY:
        return decision
    return replace(decision, rule=case.scope.rule, pool=case.scope.pool)


@dataclass(slots=True, kw_only=True)
class _Case:
    """What follows for one request before anybody is chosen (not frozen: see ADR 0021).

    Attributes:
        scope: what the rules say.
        over: the budget of the work that is used up; None: none is.
        rotation: the steering as it counts now.
        owner: the account that the thread lives on.
        pin: the account that the user keeps it on.
        forced: the only account that may serve; None = any.
        verdicts: one for each account.
        eligible: who may serve; failing ones only when nobody else is left.
    """

    scope: Scope
    over: Over | None
    rotation: Rotation
    owner: AccountId | None
    pin: AccountId | None
    forced: AccountId | None
    verdicts: tuple[Verdict, ...]
    eligible: Sequence[AccountId]


def _case(
    state: State, observed: Observed, facts: Facts, tried: frozenset[AccountId], now: datetime
) -> _Case:
    scope = scope_of(facts, state)
    rotation = rotation_at(state, now)
    owner = owner_of(facts, observed)
    pin = _pin_of(facts, state) if rotation.mode is not RotationMode.STAY else None
    forced = pin or _forced(rotation, owner, observed)
    terms = Terms(
        model=facts.model,
        owner=owner,
        forced=forced,
        pinned=pin is not None,
        by_hand=rotation.account,
        tried=tried,
    )
    over = _over(facts, scope, observed, now)
    accounts = state.accounts.values()
    if over is not None:
        verdicts = tuple([outside(a.id, scope) or of_spent_work(a.id, over) for a in accounts])
    elif scope is EVERYBODY:
        verdicts = tuple([verdict(account, observed, terms, now=now) for account in accounts])
    else:
        verdicts = tuple(
            [outside(a.id, scope) or verdict(a, observed, terms, now=now) for a in accounts]
        )
    eligible = [v.account for v in verdicts if v.eligible] or _last_resort(verdicts, forced, tried)
    return _Case(
        scope=scope,
        over=over,
        rotation=rotation,
        owner=owner,
        pin=pin,
        forced=forced,
        verdicts=verdicts,
        eligible=eligible,
    )


def _over(facts: Facts, scope: Scope, observed: Observed, now: datetime) -> Over | None:
    """The used-up budget that lets no such work through; the rules' own refusal goes before it."""
    used_up = observed.used_up
    if not used_up.of_work or facts.kind is not RequestKind.RESPONSES or scope.refused is not None:
        return None
    return over_for_work(facts, scope.pool, used_up, now)


def _nobody(case: _Case, chances: Chances) -> Decision:
    """Nobody may serve: wait for a reset that is near, or refuse with the reason."""
    if case.over is not None:
        return out_of_budget(case.over, case.verdicts)
    refusal = refuse(case.verdicts, case.forced, case.rotation, case.scope)
    if case.pin is not None and refusal.reason not in BY_RULE:
        return _without_the_pinned(case.pin, refusal, chances.now)
    if refusal.until is not None and _is_near(refusal.until, chances):
        return Wait(
            reason=WaitReason.NEAR_RESET,
            until=refusal.until,
            account=refusal.account,
            verdicts=case.verdicts,
        )
    return refusal


def _held(case: _Case, observed: Observed, facts: Facts, chances: Chances) -> Decision | None:
    """What keeps a request for a moment though somebody may serve it; None: nothing does."""
    owner, now = case.owner, chances.now
    by_hand = case.forced is not None or case.rotation.account in case.eligible
    if owner is not None and owner not in case.eligible and not by_hand:
        instead = instead_of_moving(
            facts, observed, case.verdicts, owner=owner, settings=chances.settings, now=now
        )
        if instead is not None:
            return instead
    paused_until = pool_pause_at(observed, now)
    if paused_until is None or facts.kind is not RequestKind.RESPONSES:
        return None
    challenged = is_challenged(observed, now)
    reason = WaitReason.CHALLENGED if challenged else WaitReason.POOL_PAUSED
    return Wait(reason=reason, until=paused_until, account=None, verdicts=case.verdicts)


def _use(case: _Case, state: State, observed: Observed, facts: Facts, chances: Chances) -> Use:
    chosen, reason, shares = _choose(case, state, observed, chances, mid_turn=facts.mid_turn)
    return Use(
        account=chosen,
        reason=reason,
        moved_from=case.owner if case.owner not in (None, chosen) else None,
        verdicts=case.verdicts,
        strategy=chances.settings.strategy if reason is UseReason.STRATEGY else "",
        shares=shares,
    )


def owner_of(facts: Facts, observed: Observed) -> AccountId | None:
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


def _pin_of(facts: Facts, state: State) -> AccountId | None:
    """The account that the user keeps this thread on, while it exists."""
    pin = state.pins.get(facts.thread) if facts.thread is not None else None
    return pin if pin in state.accounts else None


def _without_the_pinned(pin: AccountId, refusal: Refuse, now: datetime) -> Decision:
    """The account that a thread is pinned to cannot serve: wait for it, or say until when."""
    if refusal.until is not None and refusal.reason is RefuseReason.ALL_WAITING:
        return wait_for(pin, refusal.until, refusal.verdicts, now=now)
    if refusal.reason is RefuseReason.ALL_WAITING or refusal.until is None:
        return replace(refusal, reason=RefuseReason.PINNED, account=pin)
    return refusal


def _last_resort(
    verdicts: Sequence[Verdict], forced: AccountId | None, tried: frozenset[AccountId]
) -> list[AccountId]:
    """The failing account that rests for the shortest time, when nobody else is left.

    One for each request: where one that was asked fails, those that have failed a moment ago will
    too. Clients ask again by themselves (Codex thirty times), and then it is another's turn.
    """
    failing = [v for v in verdicts if v.state is AccountState.FAILING and v.until is not None]
    if any(v.account in tried for v in failing):
        return []
    resting = [v for v in failing if forced in (None, v.account)]
    soonest = min(resting, key=lambda v: (v.until, v.account), default=None)
    return [] if soonest is None else [soonest.account]


def _is_near(until: datetime, chances: Chances) -> bool:
    """Whether a request is worth holding until then."""
    return until - chances.now <= timedelta(seconds=chances.settings.wait_for_reset_s)


def _choose(
    case: _Case, state: State, observed: Observed, chances: Chances, *, mid_turn: bool
) -> tuple[AccountId, UseReason, Shares | None]:
    rotation, owner = case.rotation, case.owner
    if rotation.mode is RotationMode.STAY:
        return case.eligible[0], UseReason.STAY, None
    if case.pin is not None:
        return case.eligible[0], UseReason.PINNED, None
    preferred = rotation.account if rotation.mode is RotationMode.USE else None
    may_move = not (mid_turn and owner in case.eligible)
    if preferred is not None and preferred in case.eligible and may_move:
        # A known thread moves to the preferred account at its next turn, never within one.
        known = owner == preferred
        return preferred, UseReason.OWNER if known else UseReason.PREFERRED, None
    if owner is not None and owner in case.eligible:
        return owner, UseReason.OWNER, None
    eligible = [state.accounts[account] for account in case.eligible]
    return _by_strategy(eligible, state, _turns_of(case.scope, observed), chances)


def _turns_of(scope: Scope, observed: Observed) -> Observed:
    """What was learned, with the turns of this scope: those of others mean nothing in it."""
    if scope is EVERYBODY:
        return observed
    turn = observed.turns.get(among(scope.rule, scope.pool))
    newest, shares = (None, None) if turn is None else (turn.newest, turn.shares)
    return replace(observed, last_chosen=newest, shares=shares)


def _by_strategy(
    eligible: Sequence[Account], state: State, observed: Observed, chances: Chances
) -> tuple[AccountId, UseReason, Shares | None]:
    """The strategy's choice among those that are not nearly empty, where there are any."""
    settings, now, quotas = chances.settings, chances.now, observed.quotas
    session, longer = settings.soft_threshold_session, settings.soft_threshold_week
    rooms = [headroom(account, quotas.get(account.id, _NOTHING_KNOWN), now) for account in eligible]
    ample = [n for n, room in enumerate(rooms) if not is_low(room, session=session, longer=longer)]
    if 0 < len(ample) < len(rooms):
        eligible, rooms = [eligible[n] for n in ample], [rooms[n] for n in ample]
    choosing = Choosing(
        everyone=tuple(state.accounts),
        eligible=eligible,
        rooms=rooms,
        observed=observed,
        now=now,
        draw=chances.draw,
    )
    chosen = STRATEGIES[settings.strategy](choosing)
    shares = None
    if settings.strategy == "weighted":
        newest = observed.last_chosen
        shares = next_by_weight(choosing.eligible, observed.shares, newest=newest)[1]
    return chosen, UseReason.STRATEGY, shares
