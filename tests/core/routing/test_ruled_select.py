"""Who serves under rules: they restrict, they never widen, and who is left out hears why."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.account import AccountId, Reserve
from core.domain.choices import learn_turn
from core.domain.decision import (
    BY_RULE,
    Because,
    Decision,
    Refuse,
    RefuseReason,
    Turn,
    Use,
    Wait,
)
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.observed import Observed
from core.domain.rules import Pool, PoolId, Project, Rule, RuleNumber, Rules
from core.domain.settings import STRATEGIES, RoutingSettings
from core.domain.state import Rotation, RotationMode, State, pin_thread
from core.routing.scope import OUTSIDE
from core.routing.select import Chances, select
from tests.core.routing.cases import (
    PAUSED,
    T1,
    A,
    B,
    C,
    gone,
    owned,
    prefer,
    resting,
    stay,
    verdict_on,
    waiting,
)
from tests.core.routing.pool import LATER, NOW, pool

D = AccountId("D")
WORK = Pool(id=PoolId("pool_work"), name="Work", accounts=(B, C))
RULE = Rule(number=RuleNumber(4), folder=Project("/firm"), pool=WORK.id)


def ruled(
    names: str = "ABC", rotation: Rotation | None = None, **changed: dict[str, object]
) -> State:
    state = pool(names, rotation, **changed)
    return replace(state, pools={WORK.id: WORK}, rules=Rules(rules=(RULE,)))


def decide(
    state: State,
    observed: Observed | None = None,
    *,
    project: str | None = "/firm/a",
    thread: ThreadId = T1,
    tried: frozenset[AccountId] = frozenset(),
    caller: PoolId | None = None,
    settings: RoutingSettings | None = None,
    draw: float = 0.0,
) -> Decision:
    return select(
        state=state,
        observed=observed or Observed(),
        facts=Facts(
            kind=RequestKind.RESPONSES,
            thread=thread,
            model="gpt-6.1-sol",
            project=None if project is None else Project(project),
            pool=caller,
        ),
        tried=tried,
        chances=Chances(settings=settings or RoutingSettings(), now=NOW, draw=draw),
    )


USES = [
    pytest.param(ruled(), Observed(), B, None, id="a new thread goes to the rule's pool"),
    pytest.param(
        ruled(), Observed(blocks={B: waiting()}), C, None, id="to another of it when one waits"
    ),
    pytest.param(
        ruled(), Observed(owners={T1: owned(C)}), C, None, id="a thread stays where it lives"
    ),
    pytest.param(
        ruled(),
        Observed(owners={T1: owned(A)}),
        B,
        A,
        id="a thread leaves an account that the rule leaves out",
    ),
    pytest.param(
        ruled(rotation=prefer(A)),
        Observed(),
        B,
        None,
        id="use does not widen what a rule lets serve",
    ),
    pytest.param(ruled(rotation=prefer(C)), Observed(), C, None, id="use counts within the pool"),
    pytest.param(ruled(rotation=stay(C)), Observed(), C, None, id="stay counts within the pool"),
    pytest.param(
        ruled(),
        Observed(blocks={A: resting(1), B: resting(50), C: resting(40)}),
        C,
        None,
        id="when all fail, the last resort is one of the pool",
    ),
]


@pytest.mark.parametrize(("state", "observed", "account", "moved_from"), USES)
def test_the_rules_accounts_serve(
    state: State, observed: Observed, account: AccountId, moved_from: AccountId | None
) -> None:
    decision = decide(state, observed)
    assert isinstance(decision, Use)
    assert (decision.account, decision.moved_from) == (account, moved_from)
    assert (decision.rule, decision.pool) == (RULE.number, WORK.id)
    assert verdict_on(decision, A).because is Because.EXCLUDED_BY_RULE


REFUSALS = [
    pytest.param(
        ruled(), Observed(blocks={B: waiting(), C: waiting(LATER + timedelta(hours=1))}),
        RefuseReason.ALL_WAITING, B, LATER,
        id="when the pool waits, its own reset is named, though another is ready",
    ),
    pytest.param(
        ruled(),
        Observed(blocks={A: waiting(NOW + timedelta(minutes=1)), B: waiting(), C: gone()}),
        RefuseReason.ALL_WAITING, B, LATER,
        id="the nearer reset of an account that is left out is no comfort",
    ),
    pytest.param(
        ruled(), Observed(signed_out={B: Because.SIGN_IN_ENDED, C: Because.SIGN_IN_ENDED}),
        RefuseReason.ALL_SIGNED_OUT, None, None, id="the pool is signed out",
    ),
    pytest.param(
        ruled(B={"paused": True}, C={"paused": True}), Observed(),
        RefuseReason.PAUSED, None, None, id="the pool is paused by hand",
    ),
    pytest.param(
        ruled(B={"reserve": Reserve(week=50)}, C={"enabled": False}), Observed(),
        None, None, None, id="a reserve that nobody measured keeps nobody",
    ),
    pytest.param(
        ruled("A"), Observed(), RefuseReason.RULE_ACCOUNTS, None, None,
        id="none of the pool's accounts is there any more",
    ),
    pytest.param(
        ruled(rotation=stay(A)), Observed(), RefuseReason.RULE_ACCOUNTS, A, None,
        id="stay on an account that the rule leaves out: nobody else serves",
    ),
    pytest.param(
        ruled(rotation=PAUSED), Observed(owners={T1: owned(A)}), RefuseReason.PAUSED, A, None,
        id="a paused rotation lets no thread leave, not even for a rule",
    ),
    pytest.param(
        pin_thread(T1, A)(ruled())[0], Observed(), RefuseReason.RULE_ACCOUNTS, A, None,
        id="a pin does not widen what a rule lets serve",
    ),
    pytest.param(
        State(rules=Rules(rules=(RULE,)), pools={WORK.id: WORK}), Observed(),
        RefuseReason.NO_ACCOUNT, None, None, id="without an account that is the reason",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("state", "observed", "reason", "account", "until"), REFUSALS)
def test_nobody_else_serves(
    state: State,
    observed: Observed,
    reason: RefuseReason | None,
    account: AccountId | None,
    until: object,
) -> None:
    decision = decide(state, observed)
    if reason is None:
        assert isinstance(decision, Use)
        return
    assert isinstance(decision, Refuse)
    assert (decision.reason, decision.account, decision.until) == (reason, account, until)
    assert (decision.rule, decision.pool) == (RULE.number, WORK.id)


def test_a_folder_without_a_rule_is_refused_by_name_and_everybody_hears_why() -> None:
    decision = decide(ruled(), project="/play")
    assert isinstance(decision, Refuse)
    assert (decision.reason, decision.subject) == (RefuseReason.RULE_FOLDER, "/play")
    assert {v.because for v in decision.verdicts} == {Because.EXCLUDED_BY_RULE}


def test_a_tools_own_pool_restricts_without_a_rule() -> None:
    state = replace(pool("ABC"), pools={WORK.id: WORK})
    decision = decide(state, caller=WORK.id)
    assert isinstance(decision, Use)
    assert (decision.account, decision.rule, decision.pool) == (B, None, WORK.id)
    assert verdict_on(decision, A).because is Because.NOT_IN_POOL


@pytest.mark.parametrize("strategy", ["round-robin", "weighted", "sticky"])
def test_turns_of_one_pool_go_on_whatever_happens_in_another(strategy: str) -> None:
    """Requests of both alternate; without turns of its own each would begin anew each time."""
    other = Pool(id=PoolId("pool_other"), name="Other", accounts=(A, D))
    play = Rule(number=RuleNumber(9), folder=Project("/play"), pool=other.id)
    state = replace(
        pool("ABCD"),
        pools={WORK.id: WORK, other.id: other},
        rules=Rules(rules=(RULE, play)),
    )
    observed, chosen = Observed(), {"/firm": "", "/play": ""}
    for number in range(12):
        folder = "/firm" if number % 2 else "/play"
        decision = decide(
            state,
            observed,
            project=folder,
            thread=ThreadId(f"t{number}"),
            settings=RoutingSettings(strategy=strategy),
        )
        assert isinstance(decision, Use)
        chosen[folder] += decision.account
        turn = Turn(newest=decision.account, shares=decision.shares)
        observed, _ = learn_turn(decision.among, turn)(observed)
    if strategy == "sticky":
        assert chosen == {"/firm": "BBBBBB", "/play": "AAAAAA"}
    else:
        assert chosen == {"/firm": "BCBCBC", "/play": "ADADAD"}


def test_an_owner_that_is_left_out_is_not_waited_for() -> None:
    observed = Observed(owners={T1: owned(A)}, blocks={A: waiting()})
    for continuity in ("wait", "ask"):
        decision = decide(ruled(), observed, settings=RoutingSettings(continuity=continuity))
        assert isinstance(decision, Use)
        assert (decision.account, decision.moved_from) == (B, A)


def test_a_hold_for_a_near_reset_says_under_which_rule() -> None:
    observed = Observed(blocks={B: waiting(NOW + timedelta(seconds=9)), C: gone()})
    decision = decide(ruled(), observed, settings=RoutingSettings(wait_for_reset_s=20))
    assert isinstance(decision, Wait)
    assert (decision.account, decision.rule, decision.pool) == (B, RULE.number, WORK.id)


names = st.sampled_from("ABCDE").map(AccountId)
members = st.frozensets(names).map(lambda found: tuple(sorted(found)))
worlds = st.builds(
    Observed,
    blocks=st.dictionaries(names, st.sampled_from([waiting(), resting(9), resting(99), gone()])),
    signed_out=st.dictionaries(names, st.just(Because.SIGN_IN_ENDED)),
    owners=st.dictionaries(st.just(T1), names.map(owned)),
    last_chosen=st.none() | names,
)
rotations = st.one_of(st.just(Rotation()), names.map(prefer), names.map(stay), st.just(PAUSED))
callers = st.sampled_from([None, PoolId("pool_caller"), PoolId("pool_gone")])


@st.composite
def ruled_states(draw: st.DrawFn) -> State:
    one = Pool(id=PoolId("pool_one"), name="one", accounts=draw(members))
    caller = Pool(id=PoolId("pool_caller"), name="caller", accounts=draw(members))
    rules = (
        Rule(
            number=RuleNumber(1),
            folder=Project("/firm"),
            pool=draw(st.sampled_from([None, one.id])),
            accounts=draw(members),
        ),
        Rule(number=RuleNumber(2), folder=Project("/firm/b"), models=("gpt-*",)),
    )
    state = replace(
        pool("ABCDE", draw(rotations)),
        pools={one.id: one, caller.id: caller},
        rules=Rules(rules=rules),
    )
    pinned = draw(st.none() | names)
    return state if pinned is None else pin_thread(T1, pinned)(state)[0]


@given(
    ruled_states(),
    worlds,
    st.sampled_from([None, "/firm/a", "/firm/b", "/play"]),
    callers,
    st.frozensets(names),
    st.sampled_from([s for s in STRATEGIES if s != "hybrid"]),
    st.floats(0, 1, exclude_max=True),
)
def test_an_account_that_a_rule_leaves_out_is_never_chosen(  # noqa: PLR0917 - a whole world
    state: State,
    observed: Observed,
    project: str | None,
    caller: PoolId | None,
    tried: frozenset[AccountId],
    strategy: str,
    draw: float,
) -> None:
    def again() -> Decision:
        return decide(
            state,
            observed,
            project=project,
            caller=caller,
            tried=tried,
            settings=RoutingSettings(strategy=strategy),
            draw=draw,
        )

    decision = again()
    assert decision == again(), "it depends on nothing but its inputs"
    left_out = {v.account for v in decision.verdicts if v.because in OUTSIDE}
    if isinstance(decision, Use):
        assert decision.account not in left_out
        if caller is not None:
            assert decision.account in state.pools[caller].accounts
        if project == "/firm/a" and state.rules.rules[0].accounts:
            assert decision.account in state.rules.rules[0].accounts
    elif decision.account is not None and decision.until is not None:
        assert decision.account not in left_out, "nobody waits for one that may not serve"
    if left_out == {a.id for a in state.accounts.values()} and isinstance(decision, Refuse):
        assert decision.reason in BY_RULE


@given(ruled_states(), worlds, st.sampled_from(["/firm/a", "/firm/b"]))
def test_an_account_in_no_pool_changes_nothing(
    state: State, observed: Observed, project: str
) -> None:
    rule = state.rules.rules[0]
    closed = replace(rule, accounts=rule.accounts or (A, B))
    state = replace(state, rules=replace(state.rules, rules=(closed,)))
    more = pool("ABCDEZ").accounts[AccountId("Z")]
    richer = replace(state, accounts={**state.accounts, more.id: more})
    before, after = (
        decide(state, observed, project=project),
        decide(richer, observed, project=project),
    )
    if isinstance(before, Use):
        assert isinstance(after, Use)
        assert (before.account, before.reason) == (after.account, after.reason)
    else:
        assert type(after) is type(before)
        assert (after.reason, after.until) == (before.reason, before.until)


@given(worlds, st.sampled_from([None, "/firm/a", "/play"]), rotations)
def test_rules_that_restrict_nothing_change_nothing(
    observed: Observed, project: str | None, rotation: Rotation
) -> None:
    bare = pool("ABCDE", rotation)
    everything = Rule(number=RuleNumber(1), model="*")
    ruled_one = replace(bare, rules=Rules(rules=(everything,)))
    plain = decide(bare, observed, project=project)
    assert replace(decide(ruled_one, observed, project=project), rule=None) == plain
    if rotation.mode is RotationMode.STAY and isinstance(plain, Use):
        assert plain.account == rotation.account
