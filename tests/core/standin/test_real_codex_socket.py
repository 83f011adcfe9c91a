"""The stand-in's WebSocket is good enough for the real client."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from core.standin import answers, replies
from core.standin.people import Login, make_login
from core.standin.recorded import Ending, Recorded
from core.standin.script import Closes, Cut, Effect, Endpoint, Pings, Says
from core.standin.server import StandIn
from core.standin.turns import CustomCall, Turn
from tests.fakes.codex import Codex, CodexRun

pytestmark = [pytest.mark.codex, pytest.mark.timeout(60)]


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    """On the machine's time: Codex reads resets and expiries by its own clock."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=True) as back_end:
        yield back_end


@pytest.fixture(autouse=True)
def login(codex: Codex, back_end: StandIn) -> Login:
    """Codex is signed in as A, and finds both hosts in the stand-in."""
    login = make_login("A")
    back_end.add(login)
    codex.log_in(login.auth_json)
    codex.meet(("127.0.0.1", back_end.port), "chatgpt.com", "auth.openai.com")
    return login


async def _say_hi(codex: Codex, back_end: StandIn, *options: str, **config: str) -> CodexRun:
    bound = {"openai_base_url": f'"{back_end.base_url}/codex"', **config}
    return await codex.exec("say hi", *options, config=bound)


def _handshakes(back_end: StandIn) -> list[Recorded]:
    return [one for one in back_end.requests if one.upgrade]


def _messages(back_end: StandIn) -> list[Recorded]:
    return [one for one in back_end.requests if one.method == "WS"]


async def test_codex_warms_up_and_prints_the_answer(codex: Codex, back_end: StandIn) -> None:
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    assert run.errors == ()
    warm, turn = _messages(back_end)
    assert (warm.generates, turn.generates) == (False, True)
    assert turn.json["previous_response_id"] == f"resp_{warm.number:012d}"
    assert back_end.turns() == (turn,)
    assert back_end.violations == []


async def test_codex_compresses_what_it_says(codex: Codex, back_end: StandIn) -> None:
    await _say_hi(codex, back_end)
    (handshake,) = _handshakes(back_end)
    assert all(one.compressed for one in handshake.frames)


async def test_codex_goes_on_without_compression(codex: Codex, back_end: StandIn) -> None:
    back_end.sockets.compresses = False
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    (handshake,) = _handshakes(back_end)
    assert not any(one.compressed for one in handshake.frames)


async def test_codex_runs_a_long_turn_on_one_connection(codex: Codex, back_end: StandIn) -> None:
    back_end.answer_with(answers.tool_turns(5, shell="echo made-by-a-tool"))
    run = await _say_hi(codex, back_end)
    assert run.answers == ("All done.",)
    assert len(back_end.turns()) == 6
    assert len(_handshakes(back_end)) == 1
    # Each message brings what is new and nothing else.
    assert [len(one.json["input"]) for one in back_end.turns()[1:]] == [1] * 5
    assert back_end.violations == []


async def test_codex_brings_the_turn_state_back_in_its_messages(
    codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(answers.tool_turns(2))
    await _say_hi(codex, back_end)
    first, *later = [
        one.json["client_metadata"].get("x-codex-turn-state") for one in back_end.turns()
    ]
    assert first is None
    assert later == [f"ts.{back_end.turns()[0].number}.acct-A"] * 2


async def test_codex_reads_the_limit_of_an_error_message(codex: Codex, back_end: StandIn) -> None:
    back_end.limit("A", until=datetime.now(UTC) + timedelta(hours=2))
    run = await _say_hi(codex, back_end)
    assert run.exit_code == 1
    assert "usage limit" in run.errors[-1]
    assert "try again at" in run.errors[-1]
    assert back_end.violations == []


@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(Cut(after_events=0), id="cut before any event"),
        pytest.param(Closes(code=1001), id="closed before any event"),
        pytest.param(Cut(after_events=7), id="cut in the middle"),
        pytest.param(Cut(after_events=3, mid_chunk=True, reset=True), id="reset in a frame"),
        pytest.param(replies.socket_limit(), id="an hour is over"),
        pytest.param(replies.previous_response_not_found("resp_x"), id="forgotten"),
    ],
)
async def test_codex_connects_again_and_sends_everything(
    codex: Codex, back_end: StandIn, effect: Effect
) -> None:
    back_end.next("A", effect)
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    first, again = back_end.turns()
    assert "previous_response_id" in first.json
    assert "previous_response_id" not in again.json
    assert again.connection != first.connection
    assert back_end.violations == []


async def test_codex_answers_pings(codex: Codex, back_end: StandIn) -> None:
    back_end.next("A", Pings(payload=b"still there", after_events=2))
    assert (await _say_hi(codex, back_end)).answers == ("Hello from A.",)
    (handshake,) = _handshakes(back_end)
    pongs = [one.payload for one in handshake.frames if one.from_client and one.opcode == 10]
    assert pongs == [b"still there"]


async def test_codex_falls_back_to_https_when_the_handshake_is_refused_with_426(
    codex: Codex, back_end: StandIn
) -> None:
    back_end.next("A", replies.upgrade_required(), on=Endpoint.HANDSHAKE)
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    assert [one.method for one in back_end.turns()] == ["POST"]


async def test_codex_compacts_a_thread_and_goes_on(codex: Codex, back_end: StandIn) -> None:
    call = CustomCall(name="exec", input='text("made by a tool")')
    back_end.next("A", Says(Turn(calls=(call,), input_tokens=50_000)))
    run = await _say_hi(codex, back_end, model_auto_compact_token_limit="40000")
    assert run.answers == ("Hello from A.",)
    _, compacting, after = back_end.turns()
    assert compacting.json["input"][-1]["type"] == "compaction_trigger"
    assert after.json["input"][-1]["type"] == "compaction"
    assert back_end.violations == []


async def test_codex_leaves_and_the_record_says_so(codex: Codex, back_end: StandIn) -> None:
    await _say_hi(codex, back_end)
    (handshake,) = _handshakes(back_end)
    await back_end.until(lambda: handshake.ending is not Ending.OPEN)
    assert handshake.status == 101
