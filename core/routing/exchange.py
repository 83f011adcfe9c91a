"""The life of one request as a generator of steps: what is asked for, and what follows from it.

The generator waits for nothing and knows no server. Whoever drives it performs each step and sends
back what came of it; a table test feeds replies and reads steps. The rules kept here:

* a request that may have been accepted upstream is never sent again;
* an access token is renewed once per account, on 401 and on nothing else;
* what another account has sealed is taken out once, and only when the back end objects to it;
* the account changes only before the first byte is forwarded.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import assert_never

from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, Use, Wait
from core.domain.outcome import (
    Challenged,
    ClientGone,
    Failing,
    Foreign,
    Gone,
    Limited,
    NoWay,
    Outcome,
    Rejected,
    Served,
    Unanswered,
    Unauthorized,
    Unreachable,
)
from core.routing.refusals import refused_instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One account that was tried, and what came of it."""

    account: AccountId
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Step: decide who serves. Reply: a `Decision` that uses none of `tried`."""

    tried: frozenset[AccountId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Step: hold the request for a moment, at most until `wait.until`. Reply: a `Held`."""

    wait: Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Whether the request was held; False: too many are, or this one was for long enough."""

    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Step: send the request with this account. Reply: an `Outcome`, already learned from."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """Step: get a newer access token for this account. Reply: a `Renewed`."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """Whether there is a newer access token than the one that was refused."""

    newer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Step: take out of the request what another account has sealed. Reply: a `Stripped`."""

    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """Whether something was taken out, so that sending it again makes sense."""

    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """Ending: pass on the answer of the last attempt, from its first byte."""

    account: AccountId
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Ending: nothing is passed on; we answer for ourselves, in the client's own language.

    Attributes:
        refusal: why nobody serves.
        attempts: what was tried before.
    """

    refusal: Refuse
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandon:
    """Ending: it was sent and may have been accepted, or the client is gone: no second attempt.

    The client is told so (timed out), or its connection is cut as the back end cut ours.
    """

    attempts: tuple[Attempt, ...]


NOBODY = AccountId("")

type Step = Choose | Hold | Send | Renew | Strip
type Reply = Decision | Held | Outcome | Renewed | Stripped
type Ending = Forward | Answer | Abandon


def exchange() -> Generator[Step, Reply, Ending]:
    """Steps of one request, from the first choice to its ending."""
    attempts: list[Attempt] = []
    tried: set[AccountId] = set()
    while True:
        decision = yield Choose(tried=frozenset(tried))
        if isinstance(decision, Wait):
            reply = yield Hold(wait=decision)
            if isinstance(reply, Held) and reply.held:
                # Whom it waits for may be asked again: it did not take the request before.
                tried.discard(decision.account or NOBODY)
                continue
            decision = refused_instead(decision)
        if isinstance(decision, Refuse):
            return _refused(decision, tuple(attempts))
        assert isinstance(decision, Use)  # noqa: S101 - the protocol between driver and generator
        outcome = yield Send(account=decision.account)
        if isinstance(outcome, Unauthorized):
            renewed = yield Renew(account=decision.account)
            if isinstance(renewed, Renewed) and renewed.newer:
                outcome = yield Send(account=decision.account)
        if isinstance(outcome, Foreign):
            stripped = yield Strip(account=decision.account)
            if isinstance(stripped, Stripped) and stripped.changed:
                outcome = yield Send(account=decision.account)
        assert not isinstance(outcome, Use | Wait | Refuse | Renewed | Held | Stripped)  # noqa: S101 - as above
        attempts.append(Attempt(account=decision.account, outcome=outcome))
        tried.add(decision.account)
        ending = _ending_after(decision.account, outcome, tuple(attempts))
        if ending is not None:
            return ending


def _ending_after(
    account: AccountId, outcome: Outcome, attempts: tuple[Attempt, ...]
) -> Ending | None:
    """The ending that this outcome calls for; None = another account is asked."""
    match outcome:
        case Served() | Rejected() | Challenged() | Foreign():
            return Forward(account=account, attempts=attempts)
        case Unanswered(status=None) | ClientGone():
            return Abandon(attempts=attempts)
        case Unanswered():
            return Forward(account=account, attempts=attempts)
        case Limited() | Unauthorized() | Gone() | Failing() | Unreachable():
            return None
        case _:
            assert_never(outcome)


def _refused(refusal: Refuse, attempts: tuple[Attempt, ...]) -> Ending:
    """Nobody is left. The last answer is passed on where it is the back end's own trouble.

    A client knows better than we do what to make of its back end's 503; what concerns accounts
    (limits, sign-in) it must hear from us, because it knows only one of them.
    """
    if attempts and isinstance(attempts[-1].outcome, Failing):
        return Forward(account=attempts[-1].account, attempts=attempts)
    return Answer(refusal=refusal, attempts=attempts)


def no_way(attempts: tuple[Attempt, ...]) -> NoWay | None:
    """Why nothing was sent with any of the accounts that were tried; None when something was."""
    ways = [a.outcome.way for a in attempts if isinstance(a.outcome, Unreachable)]
    return ways[-1] if ways and len(ways) == len(attempts) else None
