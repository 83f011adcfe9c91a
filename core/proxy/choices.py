"""What follows at once from the choice of an account: its trial begins, the thread lives there."""

from datetime import timedelta

from core.domain.account import AccountId
from core.domain.decision import Decision, Use
from core.domain.facts import Facts, RequestKind
from core.domain.observed import begin_trial
from core.domain.thread_owners import chosen_without_thread, own_thread
from core.proxy.seams import Seams

OWNER_FRESH_FOR = timedelta(minutes=1)
"""A thread's owner is written anew at most this often."""


def remember(decision: Decision, facts: Facts, seams: Seams) -> None:
    """A turn was given to an account: requests of its thread at the same time shall agree.

    A thread that moves stays its owner's until the new account has answered (`own`).
    """
    if isinstance(decision, Use) and facts.kind is RequestKind.RESPONSES:
        seams.learn(begin_trial(decision.account, now=seams.clock.now()))
        if decision.moved_from is None:
            own(decision.account, facts, seams)


def own(account: AccountId, facts: Facts, seams: Seams) -> None:
    """The thread lives here now; round-robin goes on after this account."""
    if facts.thread is None:
        seams.learn(chosen_without_thread(account))
    else:
        now = seams.clock.now()
        seams.learn(
            own_thread(
                facts.thread,
                account,
                now=now,
                fresh_for=OWNER_FRESH_FOR,
                project=facts.project,
            )
        )
