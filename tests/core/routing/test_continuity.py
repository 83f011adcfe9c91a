"""A conversation whose account cannot go on: it moves, waits, or the user is asked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.domain.account import AccountId, Reserve
from core.domain.choices import may_move
from core.domain.decision import (
    Because,
    Decision,
    Refuse,
    RefuseReason,
    Use,
    UseReason,
    Wait,
    WaitReason,
)
from core.domain.errors import CoreError
from core.domain.events import AccountBlocked, RequestEnded, ThreadAsks, ThreadPinned
from core.domain.facts import Facts, RequestKind, ThreadId
from core.domain.health import Block
from core.domain.observed import Observed, Owner
from core.domain.settings import RoutingSettings
from core.domain.state import Rotation, RotationMode, State, pin_thread
from core.routing.select import Chances, select
from tests.core.routing.cases import left
from tests.core.routing.engine import Engine, Heard, running
from tests.core.routing.pool import NOW, pool

T1 = ThreadId("thread-1")
A, B = AccountId("A"), AccountId("B")
MINUTE = timedelta(minutes=1)


def decide(
    continuity: str,
    back_in: timedelta | None,
    *,
    state: State | None = None,
    asked_ago: timedelta | None = None,
    because: Because = Because.USAGE_LIMIT,
    tried: frozenset[AccountId] = frozenset(),
) -> Decision:
    blocks = {}
    if back_in is not None:
        block = Block(because=because, model="", since=NOW, until=NOW + back_in)
        blocks = {A: (block,)}
    observed = Observed(
        blocks=blocks,
        owners={T1: Owner(account=A, seen_at=NOW)},
        asked={} if asked_ago is None else {T1: NOW - asked_ago},
    )
    return select(
        state=state or pool("AB"),
        observed=observed,
        facts=Facts(kind=RequestKind.RESPONSES, thread=T1, model="m"),
        tried=tried,
        chances=Chances(
            settings=RoutingSettings(strategy="sticky", continuity=continuity), now=NOW
        ),
    )


ROWS: list[object] = [
    pytest.param(
        decide("move", MINUTE), Use, UseReason.STRATEGY, None, id="move: it moves at once"
    ),
    pytest.param(
        decide("wait", MINUTE), Wait, WaitReason.OWNER, MINUTE, id="wait: held until it is back"
    ),
    pytest.param(
        decide("wait", 5 * MINUTE),
        Refuse,
        RefuseReason.OWNER_WAITS,
        5 * MINUTE,
        id="wait: too far away to be held, so it is refused with the time",
    ),
    pytest.param(
        decide("wait", None, state=pool("AB", A={"paused": True})),
        Use,
        UseReason.STRATEGY,
        None,
        id="wait: nobody knows when it is back, so it moves",
    ),
    pytest.param(
        decide("wait", MINUTE, state=pool("B")),
        Use,
        UseReason.STRATEGY,
        None,
        id="wait: its account was removed, so it moves",
    ),
    pytest.param(
        decide("wait", MINUTE, because=Because.FAILING),
        Wait,
        WaitReason.OWNER,
        MINUTE,
        id="wait: a failing account is waited for too",
    ),
    pytest.param(
        decide("wait", MINUTE, state=pool("AB", Rotation(mode=RotationMode.USE, account=B))),
        Use,
        UseReason.PREFERRED,
        None,
        id="wait: the user's own choice goes first",
    ),
    pytest.param(
        decide("ask", 30 * MINUTE),
        Wait,
        WaitReason.ASKED,
        MINUTE,
        id="ask: held for a minute while the user is asked",
    ),
    pytest.param(
        decide("ask", 30 * MINUTE, asked_ago=MINUTE / 2),
        Wait,
        WaitReason.ASKED,
        MINUTE / 2,
        id="ask: the minute began with the question",
    ),
    pytest.param(
        decide("ask", 30 * MINUTE, asked_ago=MINUTE),
        Use,
        UseReason.STRATEGY,
        None,
        id="ask: without an answer it moves",
    ),
    pytest.param(
        decide("ask", MINUTE / 4),
        Wait,
        WaitReason.ASKED,
        MINUTE / 4,
        id="ask: its account is back before the minute is over",
    ),
]


@pytest.mark.parametrize(("decision", "kind", "reason", "until"), ROWS)
def test_a_conversation_that_cannot_go_on(
    decision: Decision, kind: type, reason: object, until: timedelta | None
) -> None:
    assert isinstance(decision, kind)
    assert decision.reason == reason
    if not isinstance(decision, Use):
        assert until is not None
        assert (decision.until, decision.account) == (NOW + until, A)


def test_the_users_answer_lets_it_move_at_once() -> None:
    observed, _ = may_move(T1)(Observed(owners={T1: Owner(account=A, seen_at=NOW)}))
    block = Block(because=Because.USAGE_LIMIT, model="", since=NOW, until=NOW + 30 * MINUTE)
    decision = select(
        state=pool("AB"),
        observed=Observed(owners=observed.owners, asked=observed.asked, blocks={A: (block,)}),
        facts=Facts(kind=RequestKind.RESPONSES, thread=T1),
        tried=frozenset(),
        chances=Chances(settings=RoutingSettings(continuity="ask"), now=NOW),
    )
    assert isinstance(decision, Use)
    assert (decision.account, decision.moved_from) == (B, A)


def pinned(state: State, account: AccountId) -> State:
    return pin_thread(T1, account)(state)[0]


PINS: list[object] = [
    pytest.param(
        decide("move", None, state=pinned(pool("AB"), B)),
        Use,
        UseReason.PINNED,
        id="it goes where the user keeps it",
    ),
    pytest.param(
        decide("move", MINUTE, state=pinned(pool("AB"), A)),
        Wait,
        WaitReason.OWNER,
        id="it waits for the account that it is kept on",
    ),
    pytest.param(
        decide("move", 30 * MINUTE, state=pinned(pool("AB"), A)),
        Refuse,
        RefuseReason.OWNER_WAITS,
        id="for long: it is refused with the time",
    ),
    pytest.param(
        decide("move", None, state=pinned(pool("AB", A={"paused": True}), A)),
        Refuse,
        RefuseReason.PINNED,
        id="nobody knows for how long: it is refused and says why",
    ),
    pytest.param(
        select(
            state=pinned(pool("AB", A={"reserve": Reserve(week=50)}), A),
            observed=Observed(quotas={A: left(40)}),
            facts=Facts(kind=RequestKind.RESPONSES, thread=T1),
            tried=frozenset(),
            chances=Chances(settings=RoutingSettings(), now=NOW),
        ),
        Refuse,
        RefuseReason.ALL_RESERVED,
        id="only its reserve is left: it is refused, and the user may use that",
    ),
    pytest.param(
        decide("move", MINUTE, state=pinned(pool("ABC"), AccountId("C"))),
        Use,
        UseReason.PINNED,
        id="another account than its own",
    ),
    pytest.param(
        decide(
            "move",
            None,
            state=pinned(pool("AB", Rotation(mode=RotationMode.STAY, account=A)), B),
        ),
        Use,
        UseReason.STAY,
        id="stay goes before a pin",
    ),
]


@pytest.mark.parametrize(("decision", "kind", "reason"), PINS)
def test_a_conversation_that_the_user_keeps_somewhere(
    decision: Decision, kind: type, reason: object
) -> None:
    assert isinstance(decision, kind)
    assert decision.reason == reason


def test_a_pin_on_an_account_that_is_gone_binds_nobody() -> None:
    state = pinned(pool("AB"), A)
    left = State(accounts={B: state.accounts[B]}, pins=state.pins)
    assert isinstance(decide("move", None, state=left), Use)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(tmp_path, "Ada", "Bela", mode="tray", routing__strategy="sticky") as engine:
        yield engine


def limit(engine: Engine, name: str, seconds: int) -> datetime:
    until = engine.clock.now() + timedelta(seconds=seconds)
    engine.back_end.limit(name, until=until)
    return until


async def set_to(engine: Engine, continuity: str) -> None:
    await engine.ask("config", action="set", key="routing.continuity", value=continuity)


async def held(engine: Engine, thread: str = "t1") -> asyncio.Task[httpx.Response]:
    """A turn that is under way and held."""
    heard = Heard(engine.app)
    turn = asyncio.get_running_loop().create_task(engine.turn(thread))
    await heard.one(AccountBlocked)
    return turn


async def test_a_turn_waits_for_its_own_account_and_is_served_there(engine: Engine) -> None:
    await set_to(engine, "wait")
    await engine.turn("t1")
    limit(engine, "Ada", 30)
    turn = await held(engine)
    assert not turn.done()
    engine.clock.advance(31)
    assert (await turn).status_code == 200
    assert engine.served_by == ["Ada", "Ada", "Ada"]


async def test_a_turn_whose_account_is_away_for_long_is_told_when_it_is_back(
    engine: Engine,
) -> None:
    await set_to(engine, "wait")
    await engine.turn("t1")
    until = limit(engine, "Ada", 3600)
    answer = await engine.turn("t1")
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (429, "usage_limit_reached")
    assert error["resets_at"] == until.timestamp()
    assert "Ada" in error["message"]
    assert (await engine.turn("t2")).status_code == 200


async def test_the_user_is_asked_and_lets_it_move(engine: Engine) -> None:
    heard = Heard(engine.app)
    await set_to(engine, "ask")
    await engine.turn("t1")
    limit(engine, "Ada", 3600)
    turn = await held(engine)
    await heard.one(ThreadAsks)
    notices = (await engine.ask("status"))["notices"]
    assert [notice["code"] for notice in notices] == ["thread_asks"]
    assert "Ada, which is back at 10:00" in notices[0]["text"]
    await engine.ask("thread", action="move", thread="t1")
    assert (await turn).status_code == 200
    assert engine.served_by[-1] == "Bela"
    assert (await engine.ask("status"))["notices"] == []
    assert len(heard.all(ThreadAsks)) == 1


async def test_without_an_answer_it_moves_after_a_minute(engine: Engine) -> None:
    await set_to(engine, "ask")
    await engine.turn("t1")
    limit(engine, "Ada", 3600)
    turn = await held(engine)
    engine.clock.advance(61)
    assert (await turn).status_code == 200
    assert engine.served_by[-1] == "Bela"


async def test_where_nobody_can_be_asked_it_moves_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, "Ada", "Bela", mode="serve") as engine:
        await set_to(engine, "ask")
        await engine.turn("t1")
        limit(engine, str(engine.served_by[0]), 3600)
        assert (await engine.turn("t1")).status_code == 200
        assert engine.served_by[-1] != engine.served_by[0]


async def test_a_client_that_leaves_while_it_is_held_is_forgotten(engine: Engine) -> None:
    await set_to(engine, "wait")
    await engine.turn("t1")
    limit(engine, "Ada", 200)
    turn = await held(engine)
    heard = Heard(engine.app)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await heard.one(RequestEnded)
    newest = (await engine.ask("why"))["requests"][0]
    assert newest["result"] == "cancelled"


async def test_undoing_a_move_keeps_the_conversation_on_its_old_account(engine: Engine) -> None:
    heard = Heard(engine.app)
    await engine.turn("t1")
    limit(engine, "Ada", 60)
    await engine.turn("t1")
    assert engine.served_by[-1] == "Bela"
    await engine.ask("thread", action="keep", thread="t1", account="Ada")
    pin = engine.app.state.pins[ThreadId("t1")]
    assert heard.all(ThreadPinned) == [ThreadPinned(thread=ThreadId("t1"), account=pin)]
    engine.clock.advance(61)
    await engine.turn("t1")
    assert engine.served_by[-1] == "Ada"
    listed = (await engine.ask("thread"))["threads"]
    assert [(one["thread"], one["label"], one["pinned"]) for one in listed] == [("t1", "Ada", True)]
    await engine.ask("thread", action="free", thread="t1")
    assert engine.app.state.pins == {}


async def test_a_near_reset_is_waited_for_by_a_new_conversation(engine: Engine) -> None:
    await engine.ask("config", action="set", key="routing.wait_for_reset_s", value="60")
    await engine.ask("account", action="pause", account="Bela")
    limit(engine, "Ada", 20)
    turn = await held(engine, "new")
    engine.clock.advance(21)
    assert (await turn).status_code == 200


@pytest.mark.parametrize("typed", ["", "nothing"])
async def test_a_conversation_that_is_not_known_is_not_guessed(engine: Engine, typed: str) -> None:
    with pytest.raises(CoreError) as caught:
        await engine.ask("thread", action="keep", thread=typed)
    assert caught.value.exit_code == 2
