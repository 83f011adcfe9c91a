"""Who serves, whatever the world: what holds for every decision, and the moments of waiting."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId, Reserve
from core.domain.decision import (
    AccountState,
    Because,
    Refuse,
    Use,
    UseReason,
    Wait,
    WaitReason,
)
from core.domain.facts import ThreadId
from core.domain.health import Block
from core.domain.observed import Observed, Owner
from core.domain.quota import Quota, WindowKind
from core.domain.settings import STRATEGIES, RoutingSettings
from core.domain.state import Rotation, RotationMode
from tests.core.routing.cases import (
    PAUSED,
    T1,
    T2,
    A,
    Row,
    left,
    owned,
    prefer,
    stay,
    verdict_on,
    waiting,
)
from tests.core.routing.pool import NOW, account, pool

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


@given(
    st.dictionaries(
        names,
        st.lists(
            st.builds(
                lambda because, seconds: Block(
                    because=because, model="", since=NOW, until=NOW + timedelta(seconds=seconds)
                ),
                st.sampled_from([Because.USAGE_LIMIT, Because.FAILING, Because.GONE_ONCE]),
                st.integers(1, 600),
            ),
            max_size=3,
        ).map(tuple),
    ),
    st.frozensets(names),
    st.sampled_from(STRATEGIES),
)
def test_who_fails_too_is_no_more_chosen_at_its_limit_or_its_reserve(
    blocked: dict[AccountId, tuple[Block, ...]], reserved: frozenset[AccountId], strategy: str
) -> None:
    kept: dict[str, dict[str, object]] = {name: {"reserve": Reserve(week=50)} for name in reserved}
    observed = Observed(blocks=blocked, quotas={name: left(40) for name in reserved})
    decision = Row(state=pool("ABCDE", **kept), observed=observed, strategy=strategy).decide()
    if isinstance(decision, Use):
        limited = {b.because for b in blocked.get(decision.account, ())} & {Because.USAGE_LIMIT}
        assert decision.account not in reserved
        assert not limited


USELESS: list[dict[str, object]] = [
    {"enabled": False},
    {"paused": True},
    {"draining": True},
]


@given(
    worlds,
    st.sampled_from(["ABCZ", "ZABC", "AZBC"]),
    st.sampled_from(USELESS),
    st.sampled_from(STRATEGIES),
    st.floats(0, 1, exclude_max=True),
)
def test_adding_a_useless_account_changes_nothing(
    observed: Observed, names: str, useless: dict[str, object], strategy: str, draw: float
) -> None:
    alone = pool("ABC")
    # The newcomer has a number of its own, wherever it stands.
    known = {**alone.accounts, AccountId("Z"): account("Z", 4, **useless)}
    crowd = replace(alone, accounts={AccountId(name): known[AccountId(name)] for name in names})
    before = Row(state=alone, observed=observed, strategy=strategy, draw=draw).decide()
    after = Row(state=crowd, observed=observed, strategy=strategy, draw=draw).decide()
    if isinstance(before, Use):
        assert isinstance(after, Use)
        assert (before.account, before.reason) == (after.account, after.reason)
        assert before.shares == after.shares
    else:
        assert isinstance(after, Refuse)
        assert before.until == after.until


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
    state = pool("ABCDE", None, **changes)
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


BURST = Observed(paused_until=NOW + timedelta(seconds=8))


def test_a_burst_of_failures_holds_turns_for_a_moment() -> None:
    decision = Row(state=pool("AB"), observed=BURST).decide()
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.until) == (WaitReason.POOL_PAUSED, BURST.paused_until)


def test_a_challenge_of_the_network_holds_turns_and_nothing_else() -> None:
    challenged = Observed(challenged_until=NOW + timedelta(seconds=8))
    decision = Row(state=pool("AB"), observed=challenged).decide()
    assert isinstance(decision, Wait)
    assert decision.reason is WaitReason.CHALLENGED
    assert decision.until == challenged.challenged_until


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
