"""A conversation whose account cannot go on: does it move, wait, or is the user asked (pure).

Prompt caches and hidden reasoning belong to the account that made them, so leaving it is a
decision. Waiting makes sense only where the account's return is known; where it is not, the
conversation moves whatever is set.
"""

from datetime import datetime, timedelta

from core.domain.account import AccountId
from core.domain.decision import Decision, Refuse, RefuseReason, Verdict, Wait, WaitReason
from core.domain.facts import Facts
from core.domain.observed import Observed
from core.domain.settings import RoutingSettings

LONGEST_HOLD = timedelta(seconds=240)
"""What is farther away than this is not waited for in the request: it is refused with the time."""
ASKED_FOR = timedelta(seconds=60)
"""How long the user has to answer; then the thread moves."""


def instead_of_moving(
    facts: Facts,
    observed: Observed,
    verdicts: tuple[Verdict, ...],
    *,
    owner: AccountId,
    settings: RoutingSettings,
    now: datetime,
) -> Decision | None:
    """What is done instead of moving the thread; None: it moves.

    Args:
        facts: the request; its thread lives on `owner`, which may not serve it now.
        observed: what was learned.
        verdicts: one for each account.
        owner: the thread's account.
        settings: `routing.*` as it counts now.
        now: aware UTC.
    """
    back_at = next((v.until for v in verdicts if v.account == owner), None)
    if back_at is None or facts.thread is None:
        return None
    match settings.continuity:
        case "wait":
            return wait_for(owner, back_at, verdicts, now=now)
        case "ask":
            asked_at = observed.asked.get(facts.thread, now)
            moves_at = min(asked_at + ASKED_FOR, back_at)
            if moves_at <= now:
                return None
            return Wait(reason=WaitReason.ASKED, until=moves_at, account=owner, verdicts=verdicts)
        case _:
            return None


def wait_for(
    owner: AccountId, back_at: datetime, verdicts: tuple[Verdict, ...], *, now: datetime
) -> Decision:
    """Hold the request until the account is back, or refuse it with that time."""
    if back_at - now <= LONGEST_HOLD:
        return Wait(reason=WaitReason.OWNER, until=back_at, account=owner, verdicts=verdicts)
    return Refuse(reason=RefuseReason.OWNER_WAITS, until=back_at, account=owner, verdicts=verdicts)
