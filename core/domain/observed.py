"""What we learned: quotas, blocks, thread owners. Transitions are pure: `(value, events)`.

How blocks come and go is `core.domain.health`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.domain import health
from core.domain.account import AccountId
from core.domain.budgets import NOTHING_USED_UP, UsedUp
from core.domain.decision import Because, Shares, Turn
from core.domain.events import (
    AccountBack,
    AccountBlocked,
    Event,
    NetworkChallenged,
    PoolPaused,
    QuotaLearned,
    SignInEnded,
)
from core.domain.facts import ThreadId
from core.domain.health import FARTHEST, UNSAID_WAIT, Block, Blocks, BlockSource
from core.domain.moves import Move
from core.domain.outcome import Challenged, Failing, Gone, Limited, Outcome, Served, Unauthorized
from core.domain.quota import EVERYTHING, Quota, Window, merge
from core.domain.rules import Project

BURST_ACCOUNTS = 3
BURST = timedelta(seconds=10)
"""5xx of so many accounts within this time are the back end's trouble and no account's."""
POOL_PAUSE = timedelta(seconds=10)
"""How long nobody is asked then."""
USED_STEP = timedelta(seconds=1)
"""How exact `Observed.last_used` is."""
ENOUGH_LEFT = 5.0
"""Per cent in every window that end a limit early, when the usage endpoint says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The account that a thread lives on, when the thread last spoke, and in which project.

    Requests that name no folder are in the project of their thread, or of the one it came from.
    """

    account: AccountId
    seen_at: datetime
    project: Project | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Tokens that went through an account, counted until its longest window ends."""

    tokens: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A 5xx or an overload of one account."""

    account: AccountId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything learned, by account and by thread.

    Attributes:
        quotas: what is left.
        blocks: reasons to wait, ended ones included until they are swept.
        signed_out: accounts whose login is not taken, with the reason.
        unverified: accounts whose refresh token is not to be relied on, with the reason; their
            access tokens are.
        unrenewed: accounts whose access token is of no use and could not be renewed so far, though
            nobody has ended their login; not kept over a restart.
        owners: thread → account.
        last_used: when an account last served a request, to a second.
        last_chosen: the account of the newest turn without an owner (round-robin goes on there).
        shares: what the strategy `weighted` remembers.
        turns: both for the work of each rule and pool, apart from everybody's.
        spent: tokens by account since its longest window began.
        asked: threads about which the user was asked, since when; not kept over a restart.
        failures: of the last seconds, one for each account; not kept over a restart.
        paused_until: when a burst of failures lets the pool be asked again; not kept either.
        challenged_until: the same after a challenge of the network; not kept either.
        moves: chats that went on with another account lately; not kept over a restart.
        credit_ends: when an account's next reset credit expires; not kept, asked for again.
        used_up: the user's budgets that let no more through; summed up anew at every start.
    """

    quotas: Mapping[AccountId, Quota] = field(default_factory=dict)
    blocks: Mapping[AccountId, tuple[Block, ...]] = field(default_factory=dict)
    signed_out: Mapping[AccountId, Because] = field(default_factory=dict)
    unverified: Mapping[AccountId, Because] = field(default_factory=dict)
    unrenewed: frozenset[AccountId] = frozenset()
    owners: Mapping[ThreadId, Owner] = field(default_factory=dict)
    last_used: Mapping[AccountId, datetime] = field(default_factory=dict)
    last_chosen: AccountId | None = None
    shares: Shares | None = None
    turns: Mapping[str, Turn] = field(default_factory=dict)
    spent: Mapping[AccountId, Spent] = field(default_factory=dict)
    asked: Mapping[ThreadId, datetime] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    paused_until: datetime | None = None
    challenged_until: datetime | None = None
    moves: tuple[Move, ...] = ()
    credit_ends: Mapping[AccountId, datetime] = field(default_factory=dict)
    used_up: UsedUp = NOTHING_USED_UP


type Lesson = Callable[[Observed], tuple[Observed, tuple[Event, ...]]]
"""A transition of what we learned; counts in memory at once, is written behind."""


def learn_quota(account: AccountId, fresh: Quota) -> Lesson:
    """Merge numbers that came in with a reply or an event."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.quotas.get(account, Quota())
        quotas = {**observed.quotas, account: merge(known, fresh)}
        return replace(observed, quotas=quotas), (QuotaLearned(account=account),)

    return lesson


def learn_usage(account: AccountId, fresh: Quota, *, now: datetime) -> Lesson:
    """What the usage endpoint said: numbers, and whether the account is at its limit.

    It is fresher evidence for a limit's end, and for the return of a workspace that was gone.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        learned, events = learn_quota(account, fresh)(observed)
        quota = learned.quotas[account]
        blocks = health.answers_again(learned.blocks.get(account, ()))
        if fresh.reached is True:
            until = _empty_until(quota, now)
            if until is not None:
                blocks = health.blocked(
                    blocks,
                    Because.USAGE_LIMIT,
                    "",
                    until=until,
                    now=now,
                    source=BlockSource.USAGE,
                )
        elif _has_enough(fresh):
            blocks = health.limit_lifted(blocks, now=now)
        after, changed = _with_blocks(learned, account, blocks, now)
        return after, (*events, *changed)

    return lesson


def learn_outcome(
    account: AccountId,
    outcome: Outcome,
    *,
    model: str,
    now: datetime,
    sent_at: datetime | None = None,
    source: BlockSource = BlockSource.ANSWER,
) -> Lesson:
    """What an attempt's outcome says about the account itself.

    A challenge is no account's fault: nobody is asked for a moment. What else is no account's fault
    (unreachable, the client's own) says nothing.

    Args:
        account: who was asked.
        outcome: what came of it.
        model: the model that was asked for.
        now: when the outcome was known.
        sent_at: when the request left; a good answer ends only what was known then. None = `now`.
        source: through what it was learned.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.blocks.get(account, ())
        match outcome:
            case Served():
                blocks = health.served(known, model=model, sent_at=sent_at or now, now=now)
                after, events = _with_blocks(observed, account, blocks, now)
                return _used(after, account, now), events
            case Limited():
                quota = observed.quotas.get(account, Quota())
                until = _end_of(outcome, known, quota, now)
                because = Because(outcome.reason.value)
                blocks = health.blocked(known, because, outcome.model, until=until, now=now)
                return _with_blocks(observed, account, blocks, now)
            case Failing():
                blocks = health.failed(known, retry_after_s=outcome.retry_after_s, now=now)
                after, events = _with_blocks(observed, account, blocks, now)
                paused, more = _one_more_failure(after, account, now)
                return paused, (*events, *more)
            case Gone():
                blocks = health.called_gone(known, now=now, source=source)
                return _with_blocks(observed, account, blocks, now)
            case Unauthorized():
                return sign_in_ended(account, Because.TOKEN_REFUSED)(observed)
            case Challenged():
                until = now + POOL_PAUSE
                challenged = replace(observed, challenged_until=until)
                return challenged, (NetworkChallenged(until=until),)
            case _:
                return observed, ()

    return lesson


def sign_in_ended(account: AccountId, because: Because) -> Lesson:
    """The login is not taken any more; said once, however often it is learned.

    Its first reason stands, but for a refused token that the issuer then ends for good.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.signed_out.get(account)
        worse = known is Because.TOKEN_REFUSED and because is Because.SIGN_IN_ENDED
        if known is not None and not worse:
            return observed, ()
        signed_out = {**observed.signed_out, account: because}
        told = () if known is not None else (SignInEnded(account=account),)
        return replace(observed, signed_out=signed_out), told

    return lesson


def signed_in_again(account: AccountId) -> Lesson:
    """The login works again: a newer token was found, or the user signed in."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if account not in observed.signed_out and account not in observed.unrenewed:
            return observed, ()
        signed_out = {k: v for k, v in observed.signed_out.items() if k != account}
        unrenewed = observed.unrenewed - {account}
        after = replace(observed, signed_out=signed_out, unrenewed=unrenewed)
        return after, (AccountBack(account=account),)

    return lesson


def begin_trial(account: AccountId, *, now: datetime) -> Lesson:
    """One request finds out whether a failing account serves again; others pass it by meanwhile."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.blocks.get(account, ())
        if not health.wants_trial(known, now=now):
            return observed, ()
        blocks = {**observed.blocks, account: health.on_trial(known, now=now)}
        return replace(observed, blocks=blocks), ()

    return lesson


def clear_blocks(account: AccountId) -> Lesson:
    """The user's hand: whatever the account waits for is forgotten, how often it failed too."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if not observed.blocks.get(account):
            return observed, ()
        blocks = {k: v for k, v in observed.blocks.items() if k != account}
        return replace(observed, blocks=blocks), (AccountBack(account=account),)

    return lesson


def mended(account: AccountId) -> Lesson:
    """The back end took its login when it was tried by hand: its troubles are over, no limit is."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.blocks.get(account, ())
        left = health.without_troubles(known)
        if left == known:
            return observed, ()
        after = replace(observed, blocks={**observed.blocks, account: left})
        return after, (AccountBack(account=account),)

    return lesson


def block_at(observed: Observed, account: AccountId, model: str, now: datetime) -> Block | None:
    """The block that counts for `model` at `now`: the one that lasts longest."""
    blocks = observed.blocks.get(account)
    return health.lasting(blocks, model, now) if blocks else None


def pool_pause_at(observed: Observed, now: datetime) -> datetime | None:
    """Until when nobody is asked, where a burst of failures or the network has paused the pool."""
    pauses = (observed.paused_until, observed.challenged_until)
    if pauses == (None, None):
        return None
    return max((end for end in pauses if end is not None and _lasts(end, now)), default=None)


def is_challenged(observed: Observed, now: datetime) -> bool:
    """Whether the network has turned us away a moment ago."""
    return observed.challenged_until is not None and _lasts(observed.challenged_until, now)


def _lasts(until: datetime, now: datetime) -> bool:
    """Whether a pause is not over. An end that is farther away is of a clock that was set back."""
    return now < until <= now + POOL_PAUSE


def _used(observed: Observed, account: AccountId, now: datetime) -> Observed:
    """The account was just used; noted again only when that is news: a busy one costs nothing."""
    known = observed.last_used.get(account)
    if known is not None and known <= now < known + USED_STEP:
        return observed
    return replace(observed, last_used={**observed.last_used, account: now})


def _with_blocks(
    observed: Observed, account: AccountId, blocks: Blocks, now: datetime
) -> tuple[Observed, tuple[Event, ...]]:
    """The account's blocks replaced; says what that means for it."""
    before = observed.blocks.get(account, ())
    if blocks == before:
        return observed, ()
    after = replace(observed, blocks={**observed.blocks, account: blocks})
    fresh = [b for b in blocks if b.until > now and b not in before]
    if fresh:
        block = max(fresh, key=lambda b: b.until)
        return after, (
            AccountBlocked(account=account, because=block.because.value, until=block.until),
        )
    ended = any(b.until > now for b in before if b not in blocks)
    return after, (AccountBack(account=account),) if ended else ()


def _one_more_failure(
    observed: Observed, account: AccountId, now: datetime
) -> tuple[Observed, tuple[Event, ...]]:
    """Count the failure; several accounts in a few seconds pause the whole pool."""
    recent = tuple(f for f in observed.failures if f.account != account and now - f.at < BURST)
    failures = (*recent, Failure(account=account, at=now))
    if len(failures) < BURST_ACCOUNTS:
        return replace(observed, failures=failures), ()
    until = now + POOL_PAUSE
    return replace(observed, failures=(), paused_until=until), (PoolPaused(until=until),)


def _has_enough(fresh: Quota) -> bool:
    """Whether every window that limits everything is known to have something left."""
    windows = fresh.main_windows()
    return bool(windows) and all(
        w.remaining is not None and w.remaining >= ENOUGH_LEFT for w in windows
    )


def _empty_until(quota: Quota, now: datetime) -> datetime | None:
    """When the last of the empty windows is full again; None when none is known to be empty."""
    ends = [w.resets_at for w in quota.windows.values() if _is_empty(w) and w.resets_at is not None]
    return max((end for end in ends if now < end <= now + FARTHEST), default=None)


def _end_of(limited: Limited, known: Blocks, quota: Quota, now: datetime) -> datetime:
    """When a limit ends: as it said, else as the empty window says, else soon.

    One that does not say its end does not shorten the same one that did: of many requests under
    way at once some are refused without a time.
    """
    if limited.until is not None and now < limited.until <= now + FARTHEST:
        return limited.until
    guess = _empty_until(quota, now) or now + UNSAID_WAIT
    same = (limited.reason.value, limited.model)
    return max([guess, *(b.until for b in known if (b.because.value, b.model) == same)])


def _is_empty(window: Window) -> bool:
    return window.scope == EVERYTHING and window.remaining is not None and window.remaining <= 0
