"""Who serves: one row a branch, each row a sentence."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId, Reserve
from core.domain.decision import (
    AccountState,
    Because,
    Decision,
    Refuse,
    RefuseReason,
    Use,
    UseReason,
    Verdict,
    Wait,
    WaitReason,
)
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.health import Block
from core.domain.observed import Observed, Owner
from core.domain.quota import Quota, QuotaSource, Window, WindowKind
from core.domain.settings import STRATEGIES, RoutingSettings
from core.domain.state import Rotation, RotationMode, State
from core.routing.select import Chances, select
from tests.core.routing.pool import LATER, NOW, pool

T1 = ThreadId("thread-1")
T2 = ThreadId("thread-2")
A, B, C = AccountId("A"), AccountId("B"), AccountId("C")


def waiting(until: datetime = LATER, *, model: str = "") -> tuple[Block, ...]:
    return (Block(because=Because.USAGE_LIMIT, model=model, since=NOW, until=until),)


def resting(seconds: int) -> tuple[Block, ...]:
    until = NOW + timedelta(seconds=seconds)
    return (Block(because=Because.FAILING, model="", since=NOW, until=until),)


def gone() -> tuple[Block, ...]:
    return (Block(because=Because.GONE, model="", since=NOW, until=LATER),)


def verdict_on(decision: Decision, account: AccountId) -> Verdict:
    return next(v for v in decision.verdicts if v.account == account)


def left(
    remaining: float | None,
    *,
    resets_in: timedelta | None = timedelta(days=3),
    kind: WindowKind = WindowKind.WEEK,
    minutes: int = 10_080,
) -> Quota:
    window = Window(
        kind=kind,
        minutes=minutes,
        remaining=remaining,
        resets_at=None if resets_in is None else NOW + resets_in,
        scope="all",
        observed_at=NOW,
        source=QuotaSource.HEADERS,
    )
    return Quota(windows={("all", kind, minutes): window})


def of_session(remaining: float, *, resets_in: timedelta = timedelta(hours=3)) -> Quota:
    return left(remaining, resets_in=resets_in, kind=WindowKind.SESSION, minutes=300)


def owned(account: AccountId) -> Owner:
    return Owner(account=account, seen_at=NOW)


@dataclass(frozen=True, kw_only=True)
class Row:
    state: State
    observed: Observed = field(default_factory=Observed)
    thread: ThreadId | None = T1
    parent: ThreadId | None = None
    model: str = "gpt-6.1-sol"
    mid_turn: bool = False
    tried: frozenset[AccountId] = frozenset()
    strategy: str = "sticky"
    settings: RoutingSettings = field(default_factory=RoutingSettings)
    draw: float = 0.0

    def decide(self) -> Decision:
        facts = Facts(
            kind=RequestKind.RESPONSES,
            thread=self.thread,
            parent=self.parent,
            model=self.model,
            mid_turn=self.mid_turn,
        )
        return select(
            state=self.state,
            observed=self.observed,
            facts=facts,
            tried=self.tried,
            chances=Chances(
                settings=replace(self.settings, strategy=self.strategy), now=NOW, draw=self.draw
            ),
        )


def prefer(account: AccountId) -> Rotation:
    return Rotation(mode=RotationMode.USE, account=account)


def stay(account: AccountId, until: datetime | None = None) -> Rotation:
    return Rotation(mode=RotationMode.STAY, account=account, until=until)


PAUSED = Rotation(mode=RotationMode.PAUSED)

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
            state=pool("ABC"),
            observed=Observed(blocks={A: waiting(), B: resting(9), C: resting(5)}),
            tried=frozenset({C}),
        ),
        B,
        UseReason.STRATEGY,
        None,
        id="then the other failing one",
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
        Row(state=pool("AB", stay(A)), observed=Observed(blocks={A: waiting()})),
        RefuseReason.ALL_WAITING,
        LATER,
        A,
        id="stay on an account that waits names its reset, though another is ready",
    ),
    pytest.param(
        Row(state=pool("AB", stay(A), A={"paused": True})),
        RefuseReason.FORCED_UNAVAILABLE,
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
        RefuseReason.ALL_SIGNED_OUT,
        None,
        A,
        id="paused rotation: the thread's account is signed out, no other is asked",
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
    pytest.param({}, Observed(), AccountState.READY, id="ready"),
]


@pytest.mark.parametrize(("changes", "observed", "state"), STATES)
def test_states_are_told_in_their_order(
    changes: dict[str, object], observed: Observed, state: AccountState
) -> None:
    decision = Row(state=pool("AB", A=changes), observed=observed).decide()
    assert decision.verdicts[0].state is state


names = st.sampled_from("ABCDE").map(AccountId)
blocks = st.dictionaries(
    names,
    st.builds(
        lambda because, minutes, model: (
            Block(because=because, model=model, since=NOW, until=NOW + timedelta(minutes=minutes)),
        ),
        st.sampled_from([Because.USAGE_LIMIT, Because.RATE_LIMIT, Because.FAILING, Because.GONE]),
        st.integers(-60, 600),
        st.sampled_from(["", "gpt-6.1-sol", "another"]),
    ),
)
worlds = st.builds(
    Observed,
    blocks=blocks,
    signed_out=st.dictionaries(names, st.just(Because.SIGN_IN_ENDED)),
    owners=st.dictionaries(st.sampled_from([T1, T2]), names.map(owned)),
    last_chosen=st.none() | names,
)
rotations = st.one_of(st.just(Rotation()), names.map(prefer), names.map(stay), st.just(PAUSED))


@given(
    worlds,
    rotations,
    st.frozensets(names),
    st.sampled_from(STRATEGIES),
    st.booleans(),
)
def test_whoever_is_blocked_tried_or_not_stayed_on_is_never_chosen(
    observed: Observed,
    rotation: Rotation,
    tried: frozenset[AccountId],
    strategy: str,
    mid_turn: bool,
) -> None:
    row = Row(
        state=pool("ABCDE", rotation),
        observed=observed,
        tried=tried,
        strategy=strategy,
        mid_turn=mid_turn,
    )
    decision = row.decide()
    eligible = [v for v in decision.verdicts if v.eligible]
    assert decision == row.decide()
    assert not isinstance(decision, Wait)
    if isinstance(decision, Refuse):
        assert not eligible
        return
    assert decision.account not in tried
    chosen = verdict_on(decision, decision.account)
    assert chosen.eligible or (chosen.state is AccountState.FAILING and not eligible)
    if rotation.mode is RotationMode.STAY:
        assert decision.account == rotation.account


@given(worlds)
def test_adding_a_useless_account_changes_nothing(observed: Observed) -> None:
    before = Row(state=pool("ABC"), observed=observed).decide()
    after = Row(state=pool("ABCZ", Z={"enabled": False}), observed=observed).decide()
    if isinstance(before, Use):
        assert isinstance(after, Use)
        assert (before.account, before.reason) == (after.account, after.reason)
    else:
        assert isinstance(after, Refuse)
        assert before.until == after.until


BURST = Observed(paused_until=NOW + timedelta(seconds=8))


def test_a_burst_of_failures_holds_turns_for_a_moment() -> None:
    decision = Row(state=pool("AB"), observed=BURST).decide()
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.until) == (WaitReason.POOL_PAUSED, BURST.paused_until)


def test_a_pause_of_the_pool_ends_by_the_clock() -> None:
    decision = Row(state=pool("AB"), observed=Observed(paused_until=NOW)).decide()
    assert isinstance(decision, Use)


@pytest.mark.parametrize(
    ("away_s", "patience_s", "waits"),
    [
        pytest.param(30, 0, False, id="as it is set at first: refused"),
        pytest.param(30, 60, True, id="a reset that is near is waited for"),
        pytest.param(90, 60, False, id="one that is farther away is not"),
    ],
)
def test_a_request_waits_for_a_near_reset(away_s: int, patience_s: int, waits: bool) -> None:
    until = NOW + timedelta(seconds=away_s)
    row = Row(
        state=pool("A"),
        observed=Observed(blocks={A: waiting(until)}),
        settings=RoutingSettings(wait_for_reset_s=patience_s),
    )
    decision = row.decide()
    assert isinstance(decision, Wait) is waits
    assert isinstance(decision, Wait | Refuse)
    assert decision.until == until


@given(worlds, st.frozensets(names), st.sampled_from(STRATEGIES), st.floats(0, 1, exclude_max=True))
def test_automatic_choice_never_refuses_while_somebody_may_serve(
    observed: Observed, tried: frozenset[AccountId], strategy: str, draw: float
) -> None:
    row = Row(state=pool("ABCDE"), observed=observed, tried=tried, strategy=strategy, draw=draw)
    decision = row.decide()
    if any(v.eligible for v in decision.verdicts):
        assert isinstance(decision, Use)
    if isinstance(decision, Use) and any(v.eligible for v in decision.verdicts):
        assert verdict_on(decision, decision.account).eligible


policies = st.fixed_dictionaries(
    {},
    optional={
        "paused": st.booleans(),
        "draining": st.booleans(),
        "enabled": st.booleans(),
        "reserve": st.builds(Reserve, week=st.integers(0, 99)),
    },
)


@given(
    st.dictionaries(st.sampled_from("ABCDE"), policies),
    st.dictionaries(names, st.integers(0, 100).map(left)),
    st.dictionaries(st.sampled_from([T1, T2]), names.map(owned)),
    st.sampled_from(STRATEGIES),
)
def test_whoever_is_paused_drained_or_at_its_reserve_is_never_chosen(
    changes: dict[str, dict[str, object]],
    quotas: dict[AccountId, Quota],
    owners: dict[ThreadId, Owner],
    strategy: str,
) -> None:
    state = pool("ABCDE", **changes)
    row = Row(state=state, observed=Observed(quotas=quotas, owners=owners), strategy=strategy)
    decision = row.decide()
    if isinstance(decision, Use):
        chosen = state.accounts[decision.account]
        known = decision.reason is UseReason.OWNER
        assert chosen.enabled
        assert not chosen.paused
        assert known or not chosen.draining
        window = quotas.get(chosen.id, Quota()).window(WindowKind.WEEK)
        assert (
            window is None
            or window.remaining is None
            or (window.remaining > chosen.reserve.week or chosen.reserve.week == 0)
        )
