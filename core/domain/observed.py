"""What we learned: quotas, blocks, thread owners. Transitions are pure: `(value, events)`.

A block keeps its reason and its end; it ends by the clock, by fresher evidence, or by the user's
hand, and nothing else wipes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.domain.decision import Because
from core.domain.events import (
    AccountBack,
    AccountBlocked,
    Event,
    QuotaLearned,
    SignInEnded,
    ThreadMoved,
)
from core.domain.facts import ThreadId
from core.domain.outcome import Failing, Gone, Limited, Outcome, Served, Unauthorized
from core.domain.quota import EVERYTHING, Quota, Window, merge

UNSAID_WAIT = timedelta(seconds=60)
"""How long a limit counts whose end the back end did not say, and no window tells."""
FAILING_WAIT = timedelta(seconds=10)
"""How long an account rests after a 5xx or an overload that named no `Retry-After`."""
GONE_WAIT = timedelta(minutes=10)
"""When a workspace that was called gone is asked again."""
FARTHEST = timedelta(days=366)
"""An end farther away than this is rubbish, not a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Why an account serves nothing, or not one model.

    Attributes:
        because: the reason.
        model: the model it is about; empty = all.
        since: when it was learned.
        until: when it ends by itself.
    """

    because: Because
    model: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The account that a thread lives on, and when the thread last spoke."""

    account: AccountId
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything learned, by account and by thread.

    Attributes:
        quotas: what is left.
        blocks: reasons to wait, ended ones included until they are swept.
        signed_out: accounts whose login is not taken, with the reason.
        owners: thread → account.
        last_used: when an account was last sent a request.
        last_chosen: the account of the newest turn without an owner (round-robin goes on there).
    """

    quotas: Mapping[AccountId, Quota] = field(default_factory=dict)
    blocks: Mapping[AccountId, tuple[Block, ...]] = field(default_factory=dict)
    signed_out: Mapping[AccountId, Because] = field(default_factory=dict)
    owners: Mapping[ThreadId, Owner] = field(default_factory=dict)
    last_used: Mapping[AccountId, datetime] = field(default_factory=dict)
    last_chosen: AccountId | None = None


type Lesson = Callable[[Observed], tuple[Observed, tuple[Event, ...]]]
"""A transition of what we learned; counts in memory at once, is written behind."""


def learn_quota(account: AccountId, fresh: Quota) -> Lesson:
    """Merge numbers that came in with a reply or from the usage endpoint."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.quotas.get(account, Quota())
        quotas = {**observed.quotas, account: merge(known, fresh)}
        return replace(observed, quotas=quotas), (QuotaLearned(account=account),)

    return lesson


def learn_outcome(account: AccountId, outcome: Outcome, *, model: str, now: datetime) -> Lesson:
    """What an attempt's outcome says about the account itself.

    Outcomes that are no account's fault (unreachable, challenged, the client's own) say nothing.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        match outcome:
            case Served():
                return _served(observed, account, model=model, now=now)
            case Limited():
                until = _end_of(outcome, observed.quotas.get(account, Quota()), now)
                because = Because(outcome.reason.value)
                return _block(observed, account, because, outcome.model, until=until, now=now)
            case Failing():
                rest = outcome.retry_after_s
                wait = timedelta(seconds=rest) if rest is not None else FAILING_WAIT
                until = now + min(wait, FARTHEST)
                return _block(observed, account, Because.FAILING, "", until=until, now=now)
            case Gone():
                until = now + GONE_WAIT
                return _block(observed, account, Because.GONE, "", until=until, now=now)
            case Unauthorized():
                return sign_in_ended(account, Because.SIGN_IN_ENDED)(observed)
            case _:
                return observed, ()

    return lesson


def sign_in_ended(account: AccountId, because: Because) -> Lesson:
    """The login is not taken any more; said once, however often it is learned."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if account in observed.signed_out:
            return observed, ()
        signed_out = {**observed.signed_out, account: because}
        return replace(observed, signed_out=signed_out), (SignInEnded(account=account),)

    return lesson


def signed_in_again(account: AccountId) -> Lesson:
    """The login works again: a newer token was found, or the user signed in."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if account not in observed.signed_out:
            return observed, ()
        signed_out = {k: v for k, v in observed.signed_out.items() if k != account}
        return replace(observed, signed_out=signed_out), (AccountBack(account=account),)

    return lesson


def own_thread(
    thread: ThreadId, account: AccountId, *, now: datetime, fresh_for: timedelta
) -> Lesson:
    """The thread lives on `account` from now on.

    `seen_at` is written anew only when it is older than `fresh_for`: a busy thread costs nothing.
    """

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        known = observed.owners.get(thread)
        if known is not None and known.account == account and now - known.seen_at < fresh_for:
            return observed, ()
        owners = {**observed.owners, thread: Owner(account=account, seen_at=now)}
        taken_up = known is None or known.account != account
        chosen = account if taken_up else observed.last_chosen
        moved: tuple[Event, ...] = ()
        if known is not None and known.account != account:
            moved = (ThreadMoved(thread=thread, moved_from=known.account, moved_to=account),)
        return replace(observed, owners=owners, last_chosen=chosen), moved

    return lesson


def chosen_without_thread(account: AccountId) -> Lesson:
    """A request without a thread went to `account`: round-robin goes on after it."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        if observed.last_chosen == account:
            return observed, ()
        return replace(observed, last_chosen=account), ()

    return lesson


def forget_old_threads(*, now: datetime, affinity: timedelta) -> Lesson:
    """Drop owners of threads that have been silent for longer than `affinity`."""

    def lesson(observed: Observed) -> tuple[Observed, tuple[Event, ...]]:
        owners = {t: o for t, o in observed.owners.items() if now - o.seen_at <= affinity}
        if len(owners) == len(observed.owners):
            return observed, ()
        return replace(observed, owners=owners), ()

    return lesson


def block_at(observed: Observed, account: AccountId, model: str, now: datetime) -> Block | None:
    """The block that counts for `model` at `now`: the one that lasts longest."""
    active = [
        block
        for block in observed.blocks.get(account, ())
        if block.until > now and block.model in ("", model)
    ]
    return max(active, key=lambda block: block.until, default=None)


def _served(
    observed: Observed, account: AccountId, *, model: str, now: datetime
) -> tuple[Observed, tuple[Event, ...]]:
    """A good answer is fresher evidence than any block that concerned this request."""
    before = observed.blocks.get(account, ())
    kept = tuple(b for b in before if b.until > now and b.model not in ("", model))
    events: tuple[Event, ...] = ()
    blocks = observed.blocks
    if kept != before:
        blocks = {**observed.blocks, account: kept}
        if any(b.until > now for b in before if b not in kept):
            events = (AccountBack(account=account),)
    last_used = {**observed.last_used, account: now}
    return replace(observed, blocks=blocks, last_used=last_used), events


def _block(
    observed: Observed,
    account: AccountId,
    because: Because,
    model: str,
    *,
    until: datetime,
    now: datetime,
) -> tuple[Observed, tuple[Event, ...]]:
    others = tuple(
        b
        for b in observed.blocks.get(account, ())
        if b.until > now and (b.because, b.model) != (because, model)
    )
    block = Block(because=because, model=model, since=now, until=until)
    blocks = {**observed.blocks, account: (*others, block)}
    event = AccountBlocked(account=account, because=because.value, until=until)
    return replace(observed, blocks=blocks), (event,)


def _end_of(limited: Limited, quota: Quota, now: datetime) -> datetime:
    """When a limit ends: as it said, else as the empty window says, else soon."""
    if limited.until is not None and now < limited.until <= now + FARTHEST:
        return limited.until
    empty = [
        w.resets_at for w in quota.windows.values() if _is_empty(w) and w.resets_at is not None
    ]
    known = [moment for moment in empty if now < moment <= now + FARTHEST]
    return max(known, default=now + UNSAID_WAIT)


def _is_empty(window: Window) -> bool:
    return window.scope == EVERYTHING and window.remaining is not None and window.remaining <= 0
