"""Who serves: one row a branch, each row a sentence."""

from datetime import datetime, timedelta

import pytest

from core.domain.account import AccountId, Reserve
from core.domain.decision import (
    AccountState,
    Because,
    Refuse,
    RefuseReason,
    Use,
    UseReason,
)
from core.domain.observed import Observed
from core.domain.settings import RoutingSettings
from tests.core.routing.cases import (
    PAUSED,
    T1,
    T2,
    A,
    B,
    C,
    Row,
    gone,
    left,
    of_session,
    owned,
    prefer,
    resting,
    stay,
    waiting,
)
from tests.core.routing.pool import LATER, NOW, pool

USES = [
    pytest.param(Row(state=pool("ABC")), A, UseReason.STRATEGY, None, id="a new pool starts at #1"),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(last_chosen=B)),
        B,
        UseReason.STRATEGY,
        None,
        id="sticky stays where the newest thread went",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(last_chosen=B, blocks={B: waiting()})),
        C,
        UseReason.STRATEGY,
        None,
        id="sticky goes to the next in order when its account waits",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(last_chosen=C, blocks={C: waiting()})),
        A,
        UseReason.STRATEGY,
        None,
        id="after the last account comes the first",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(last_chosen=A), strategy="round-robin"),
        B,
        UseReason.STRATEGY,
        None,
        id="round-robin takes the next for a new thread",
    ),
    pytest.param(
        Row(
            state=pool("ABC"),
            observed=Observed(last_chosen=A, blocks={B: waiting()}),
            strategy="round-robin",
        ),
        C,
        UseReason.STRATEGY,
        None,
        id="round-robin passes over who waits",
    ),
    pytest.param(
        Row(
            state=pool("ABC"),
            observed=Observed(last_chosen=A, owners={T1: owned(A)}),
            strategy="round-robin",
        ),
        A,
        UseReason.OWNER,
        None,
        id="a known thread stays with its owner under round-robin",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(last_chosen=AccountId("removed"))),
        A,
        UseReason.STRATEGY,
        None,
        id="a removed newest account starts the order anew",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(owners={T1: owned(B)}, blocks={B: waiting()})),
        A,
        UseReason.STRATEGY,
        B,
        id="a thread whose owner waits moves",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(owners={T2: owned(B)}), parent=T2),
        B,
        UseReason.OWNER,
        None,
        id="a child thread inherits its parent's owner",
    ),
    pytest.param(
        Row(
            state=pool("ABC"),
            observed=Observed(owners={T1: owned(C), T2: owned(B)}),
            parent=T2,
        ),
        C,
        UseReason.OWNER,
        None,
        id="a child thread's own owner goes before its parent's",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(blocks={A: waiting(model="gpt-6.1-sol")})),
        B,
        UseReason.STRATEGY,
        None,
        id="a limit of this model moves the request",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(blocks={A: waiting(model="another")})),
        A,
        UseReason.STRATEGY,
        None,
        id="a limit of another model does not matter",
    ),
    pytest.param(
        Row(state=pool("ABC"), observed=Observed(blocks={A: waiting(NOW)})),
        A,
        UseReason.STRATEGY,
        None,
        id="a wait ends at its very second",
    ),
    pytest.param(
        Row(state=pool("ABC", prefer(B))),
        B,
        UseReason.PREFERRED,
        None,
        id="use: a new thread goes to the preferred",
    ),
    pytest.param(
        Row(state=pool("ABC", prefer(B)), observed=Observed(owners={T1: owned(A)})),
        B,
        UseReason.PREFERRED,
        A,
        id="use: a known thread moves at its next turn",
    ),
    pytest.param(
        Row(state=pool("ABC", prefer(B)), observed=Observed(owners={T1: owned(A)}), mid_turn=True),
        A,
        UseReason.OWNER,
        None,
        id="use: a turn that has begun ends where it is",
    ),
    pytest.param(
        Row(
            state=pool("ABC", prefer(B)),
            observed=Observed(owners={T1: owned(A)}, blocks={A: waiting()}),
            mid_turn=True,
        ),
        B,
        UseReason.PREFERRED,
        A,
        id="use: a turn whose owner waits moves to the preferred",
    ),
    pytest.param(
        Row(state=pool("ABC", prefer(B)), observed=Observed(blocks={B: waiting()})),
        A,
        UseReason.STRATEGY,
        None,
        id="use: a preferred account that waits is passed over",
    ),
    pytest.param(
        Row(state=pool("ABC", prefer(B)), observed=Observed(owners={T1: owned(B)})),
        B,
        UseReason.OWNER,
        None,
        id="use: the preferred owner is simply the owner",
    ),
    pytest.param(
        Row(state=pool("ABC", stay(C)), observed=Observed(owners={T1: owned(A)})),
        C,
        UseReason.STAY,
        A,
        id="stay: even a known thread goes to the forced account",
    ),
    pytest.param(
        Row(state=pool("ABC", stay(C, until=NOW))),
        A,
        UseReason.STRATEGY,
        None,
        id="stay for a while ends by the clock",
    ),
    pytest.param(
        Row(state=pool("ABC", stay(A)), observed=Observed(blocks={A: resting(5)})),
        A,
        UseReason.STAY,
        None,
        id="stay: a failing account is still asked, there is no other",
    ),
    pytest.param(
        Row(state=pool("ABC", PAUSED), observed=Observed(owners={T1: owned(B)})),
        B,
        UseReason.OWNER,
        None,
        id="paused rotation: a thread stays",
    ),
    pytest.param(
        Row(state=pool("ABC", PAUSED), observed=Observed(last_chosen=C)),
        C,
        UseReason.STRATEGY,
        None,
        id="paused rotation: a new thread goes where the newest went",
    ),
    pytest.param(
        Row(
            state=pool("ABC"),
            observed=Observed(blocks={A: waiting(), B: resting(9), C: resting(5)}),
        ),
        C,
        UseReason.STRATEGY,
        None,
        id="when all others wait, the failing account that rests shortest is asked",
    ),
    pytest.param(
        Row(
            state=pool("AB", A={"draining": True}),
            observed=Observed(owners={T1: owned(A)}),
        ),
        A,
        UseReason.OWNER,
        None,
        id="a draining account goes on with its threads",
    ),
    pytest.param(
        Row(state=pool("AB", A={"draining": True})),
        B,
        UseReason.STRATEGY,
        None,
        id="a draining account gets no new thread",
    ),
    pytest.param(
        Row(
            state=pool("AB", A={"reserve": Reserve(week=20)}),
            observed=Observed(quotas={A: left(18)}, owners={T1: owned(A)}),
        ),
        B,
        UseReason.STRATEGY,
        A,
        id="a thread leaves an account of which only the reserve is left",
    ),
    pytest.param(
        Row(
            state=pool("AB", A={"reserve": Reserve(week=20)}),
            observed=Observed(quotas={A: left(21)}, owners={T1: owned(A)}),
        ),
        A,
        UseReason.OWNER,
        None,
        id="above its reserve an account serves",
    ),
    pytest.param(
        Row(
            state=pool("AB", A={"reserve": Reserve(week=20)}),
            observed=Observed(quotas={A: left(18, resets_in=timedelta(0))}, last_chosen=A),
        ),
        A,
        UseReason.STRATEGY,
        None,
        id="a reserve counts no more once its window has reset",
    ),
    pytest.param(
        Row(
            state=pool("AB", A={"reserve": Reserve(session=30)}),
            observed=Observed(quotas={A: left(18)}, last_chosen=A),
        ),
        A,
        UseReason.STRATEGY,
        None,
        id="a reserve of the session says nothing of the week",
    ),
    pytest.param(
        Row(
            state=pool("AB", prefer(A), A={"reserve": Reserve(week=20)}),
            observed=Observed(quotas={A: left(18)}),
        ),
        A,
        UseReason.PREFERRED,
        None,
        id="use: the user's hand may use the reserve",
    ),
    pytest.param(
        Row(
            state=pool("AB", stay(A), A={"reserve": Reserve(week=20)}),
            observed=Observed(quotas={A: left(18)}),
        ),
        A,
        UseReason.STAY,
        None,
        id="stay: the user's hand may use the reserve",
    ),
    pytest.param(
        Row(state=pool("AB"), observed=Observed(last_chosen=A, quotas={A: left(4)})),
        B,
        UseReason.STRATEGY,
        None,
        id="a new thread avoids an account that is nearly used up",
    ),
    pytest.param(
        Row(state=pool("AB"), observed=Observed(last_chosen=A, quotas={A: of_session(4)})),
        B,
        UseReason.STRATEGY,
        None,
        id="also when only its session is",
    ),
    pytest.param(
        Row(
            state=pool("AB"),
            observed=Observed(owners={T1: owned(A)}, quotas={A: left(4)}),
        ),
        A,
        UseReason.OWNER,
        None,
        id="a known thread stays on it: moving costs more",
    ),
    pytest.param(
        Row(
            state=pool("AB"),
            observed=Observed(last_chosen=A, quotas={A: left(4), B: left(3)}),
        ),
        A,
        UseReason.STRATEGY,
        None,
        id="when all are nearly used up, any of them serves",
    ),
    pytest.param(
        Row(
            state=pool("AB"),
            observed=Observed(last_chosen=A, quotas={A: left(12)}),
            settings=RoutingSettings(soft_threshold_week=15),
        ),
        B,
        UseReason.STRATEGY,
        None,
        id="what counts as nearly used up is a setting",
    ),
    pytest.param(
        Row(
            state=pool("AB"),
            observed=Observed(blocks={A: waiting(), B: resting(5)}),
            tried=frozenset({A}),
        ),
        B,
        UseReason.STRATEGY,
        None,
        id="a failing account is asked where the others were found to wait",
    ),
    pytest.param(
        Row(
            state=pool("ABC"),
            observed=Observed(blocks={A: resting(9), B: resting(5)}),
            tried=frozenset({A, B}),
        ),
        C,
        UseReason.STRATEGY,
        None,
        id="whoever has failed, one that is well is asked",
    ),
]


@pytest.mark.parametrize(("row", "account", "reason", "moved_from"), USES)
def test_an_account_serves(
    row: Row, account: AccountId, reason: UseReason, moved_from: AccountId | None
) -> None:
    decision = row.decide()
    assert isinstance(decision, Use)
    assert (decision.account, decision.reason, decision.moved_from) == (account, reason, moved_from)
    assert [v.account for v in decision.verdicts] == list(row.state.accounts)


REFUSALS = [
    pytest.param(Row(state=pool("")), RefuseReason.NO_ACCOUNT, None, None, id="no account at all"),
    pytest.param(
        Row(
            state=pool("ABC"),
            observed=Observed(
                blocks={
                    A: waiting(LATER),
                    B: waiting(NOW + timedelta(hours=1)),
                    C: waiting(LATER),
                }
            ),
        ),
        RefuseReason.ALL_WAITING,
        NOW + timedelta(hours=1),
        B,
        id="all wait: the first reset is named",
    ),
    pytest.param(
        Row(
            state=pool("AB", B={"enabled": False}),
            observed=Observed(blocks={A: waiting()}),
        ),
        RefuseReason.ALL_WAITING,
        LATER,
        A,
        id="one waits, one is disabled: waiting helps",
    ),
    pytest.param(
        Row(
            state=pool("AB"),
            observed=Observed(signed_out={A: Because.SIGN_IN_ENDED, B: Because.TOKEN_EXPIRED}),
        ),
        RefuseReason.ALL_SIGNED_OUT,
        None,
        None,
        id="all signed out",
    ),
    pytest.param(
        Row(state=pool("AB"), observed=Observed(blocks={A: gone(), B: gone()})),
        RefuseReason.ALL_OUT_OF_SERVICE,
        None,
        None,
        id="all workspaces gone",
    ),
    pytest.param(
        Row(state=pool("AB", A={"paused": True}, B={"enabled": False})),
        RefuseReason.PAUSED,
        None,
        None,
        id="the user paused one and disabled the other",
    ),
    pytest.param(
        Row(state=pool("AB"), tried=frozenset({A, B})),
        RefuseReason.ALL_FAILING,
        None,
        None,
        id="everyone was asked",
    ),
    pytest.param(
        Row(
            state=pool("AB"),
            observed=Observed(blocks={A: resting(9), B: resting(5)}),
            tried=frozenset({B}),
        ),
        RefuseReason.ALL_FAILING,
        None,
        None,
        id="one failing account has failed again: the others that rest are not asked too",
    ),
    pytest.param(
        Row(state=pool("AB", stay(A)), observed=Observed(blocks={A: waiting()})),
        RefuseReason.ALL_WAITING,
        LATER,
        A,
        id="stay on an account that waits names its reset, though another is ready",
    ),
    pytest.param(
        Row(state=pool("AB", stay(A), A={"paused": True})),
        RefuseReason.FORCED_ACCOUNT_UNAVAILABLE,
        None,
        A,
        id="stay on a paused account",
    ),
    pytest.param(
        Row(state=pool("AB", stay(A)), tried=frozenset({A})),
        RefuseReason.ALL_FAILING,
        None,
        A,
        id="stay: the forced account was asked and failed",
    ),
    pytest.param(
        Row(
            state=pool("AB", PAUSED),
            observed=Observed(owners={T1: owned(A)}, signed_out={A: Because.SIGN_IN_ENDED}),
        ),
        RefuseReason.PAUSED,
        None,
        A,
        id="paused rotation: the thread's account is signed out, no other is asked",
    ),
    pytest.param(
        Row(
            state=pool("A", PAUSED),
            observed=Observed(owners={T1: owned(A)}, signed_out={A: Because.SIGN_IN_ENDED}),
        ),
        RefuseReason.ALL_SIGNED_OUT,
        None,
        A,
        id="paused rotation without another account: a sign-in is what helps",
    ),
    pytest.param(
        Row(
            state=pool("AB", A={"reserve": Reserve(week=20)}),
            observed=Observed(quotas={A: left(18)}, blocks={B: waiting(NOW + timedelta(hours=1))}),
        ),
        RefuseReason.ALL_RESERVED,
        NOW + timedelta(days=3),
        A,
        id="one is at its reserve, one waits: the user may use the reserve",
    ),
    pytest.param(
        Row(state=pool("A", A={"draining": True})),
        RefuseReason.PAUSED,
        None,
        None,
        id="the only account finishes its threads and takes no new one",
    ),
]


@pytest.mark.parametrize(("row", "reason", "until", "account"), REFUSALS)
def test_nobody_serves(
    row: Row, reason: RefuseReason, until: datetime | None, account: AccountId | None
) -> None:
    decision = row.decide()
    assert isinstance(decision, Refuse)
    assert (decision.reason, decision.until, decision.account) == (reason, until, account)


STATES = [
    pytest.param({"enabled": False}, Observed(), AccountState.DISABLED, id="disabled"),
    pytest.param(
        {"paused": True},
        Observed(signed_out={A: Because.SIGN_IN_ENDED}, blocks={A: waiting()}),
        AccountState.NEEDS_SIGN_IN,
        id="signed out goes before paused and waiting",
    ),
    pytest.param(
        {"paused": True}, Observed(blocks={A: gone()}), AccountState.OUT_OF_SERVICE, id="gone"
    ),
    pytest.param(
        {"paused": True}, Observed(blocks={A: waiting()}), AccountState.PAUSED, id="paused"
    ),
    pytest.param({}, Observed(blocks={A: waiting()}), AccountState.WAITING, id="waiting"),
    pytest.param({}, Observed(blocks={A: resting(5)}), AccountState.FAILING, id="failing"),
    pytest.param(
        {"draining": True}, Observed(blocks={A: waiting()}), AccountState.DRAINING, id="draining"
    ),
    pytest.param(
        {"paused": True, "draining": True}, Observed(), AccountState.PAUSED, id="paused, draining"
    ),
    pytest.param(
        {"reserve": Reserve(week=50)},
        Observed(quotas={A: left(40)}),
        AccountState.WAITING,
        id="at its reserve",
    ),
    pytest.param(
        {"reserve": Reserve(week=50)},
        Observed(quotas={A: left(40)}, blocks={A: resting(5)}),
        AccountState.WAITING,
        id="at its reserve goes before failing, which is asked where nobody else is left",
    ),
    pytest.param(
        {},
        Observed(blocks={A: (*waiting(NOW + timedelta(seconds=2)), *resting(5))}),
        AccountState.WAITING,
        id="a limit goes before a longer rest",
    ),
    pytest.param({}, Observed(), AccountState.READY, id="ready"),
]


@pytest.mark.parametrize(("changes", "observed", "state"), STATES)
def test_states_are_told_in_their_order(
    changes: dict[str, object], observed: Observed, state: AccountState
) -> None:
    decision = Row(state=pool("AB", A=changes), observed=observed).decide()
    assert decision.verdicts[0].state is state
