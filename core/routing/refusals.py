"""Why nobody may serve, in the one reason that a person can act upon (pure)."""

from collections.abc import Sequence

from core.domain.account import AccountId
from core.domain.budgets import Over
from core.domain.decision import (
    AccountState,
    Because,
    Refuse,
    RefuseReason,
    Verdict,
    Wait,
    WaitReason,
)
from core.domain.state import Rotation, RotationMode
from core.routing.scope import EVERYBODY, OUTSIDE, Scope


def refuse(
    verdicts: tuple[Verdict, ...],
    forced: AccountId | None,
    rotation: Rotation,
    scope: Scope = EVERYBODY,
) -> Refuse:
    """The refusal that follows from these verdicts, none of which lets an account serve.

    Args:
        verdicts: one for each account.
        forced: the only account that might have served; None = any.
        rotation: the steering that forced it.
        scope: what the rules say.
    """
    if scope.refused is not None and verdicts:
        return Refuse(
            reason=scope.refused,
            until=None,
            account=None,
            verdicts=verdicts,
            subject=scope.subject,
        )
    concerned = [v for v in verdicts if forced in (None, v.account) and v.because not in OUTSIDE]
    kept = [v for v in concerned if v.because is Because.RESERVED]
    if kept:
        first = min(kept, key=lambda v: (v.until is None, v.until or 0, v.account))
        return Refuse(
            reason=RefuseReason.ALL_RESERVED,
            until=first.until,
            account=first.account,
            verdicts=verdicts,
        )
    waiting = [v for v in concerned if v.state is AccountState.WAITING and v.until is not None]
    if waiting:
        first = min(waiting, key=lambda v: (v.until, v.account))
        spent = all(v.because is Because.BUDGET for v in waiting)
        return Refuse(
            reason=RefuseReason.BUDGET if spent else RefuseReason.ALL_WAITING,
            until=first.until,
            account=first.account,
            verdicts=verdicts,
        )
    if rotation.mode is RotationMode.PAUSED and _others_would(verdicts):
        reason = RefuseReason.PAUSED
    elif not concerned and any(v.because in OUTSIDE for v in verdicts):
        reason = RefuseReason.RULE_ACCOUNTS
    else:
        reason = _reason(concerned, forced if rotation.mode is RotationMode.STAY else None)
    return Refuse(reason=reason, until=None, account=forced, verdicts=verdicts)


def of_spent_work(account: AccountId, over: Over) -> Verdict:
    """The verdict of every account about work whose budget is used up."""
    return Verdict(account, False, AccountState.WAITING, Because.BUDGET_OF_WORK, over.until)


def out_of_budget(over: Over, verdicts: tuple[Verdict, ...]) -> Refuse:
    """The refusal of work whose budget is used up, whoever might serve it."""
    return Refuse(
        reason=RefuseReason.BUDGET,
        until=over.until,
        account=None,
        verdicts=verdicts,
        subject=f"{over.budget.number}",
    )


def refused_instead(wait: Wait) -> Refuse:
    """What is answered when a request that should wait cannot be held (any longer)."""
    of_owner = wait.reason in (WaitReason.OWNER, WaitReason.ASKED)
    return Refuse(
        reason=RefuseReason.OWNER_WAITS if of_owner else RefuseReason.ALL_WAITING,
        until=wait.until,
        account=wait.account,
        verdicts=wait.verdicts,
        rule=wait.rule,
        pool=wait.pool,
    )


def _others_would(verdicts: Sequence[Verdict]) -> bool:
    """Whether somebody would serve, were nobody kept to."""
    return any(v.because is Because.NOT_THE_STAYED_ONE for v in verdicts)


def _reason(concerned: Sequence[Verdict], stayed: AccountId | None) -> RefuseReason:
    """Why nobody may, where waiting does not help: the reason that a person can act upon."""
    if not concerned:
        return RefuseReason.NO_ACCOUNT
    if any(
        v.because is Because.ALREADY_TRIED or v.state is AccountState.FAILING for v in concerned
    ):
        return RefuseReason.ALL_FAILING
    if stayed is not None:
        return RefuseReason.FORCED_ACCOUNT_UNAVAILABLE
    if any(v.state is AccountState.NEEDS_SIGN_IN for v in concerned):
        return RefuseReason.ALL_SIGNED_OUT
    if any(v.state is AccountState.OUT_OF_SERVICE for v in concerned):
        return RefuseReason.ALL_OUT_OF_SERVICE
    return RefuseReason.PAUSED
