"""The stand-in is good enough for the real client: every test drives the codex binary itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from core.standin import answers
from core.standin.people import Login, make_login
from core.standin.recorded import Ending
from core.standin.script import Cut, Fails, Says
from core.standin.server import StandIn
from core.standin.turns import CustomCall, Turn
from tests.fakes.codex import Codex, CodexRun

pytestmark = pytest.mark.codex


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    """On the machine's time: Codex reads resets and expiries by its own clock."""
    async with StandIn(now=lambda: datetime.now(UTC)) as back_end:
        yield back_end


@pytest.fixture
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


@pytest.mark.usefixtures("login")
async def test_codex_prints_the_answer(codex: Codex, back_end: StandIn) -> None:
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    assert run.errors == ()
    assert run.exit_code == 0
    assert len(back_end.turns()) == 1
    assert back_end.violations == []


@pytest.mark.usefixtures("login")
async def test_codex_asks_for_a_websocket_first_and_goes_on_without(
    codex: Codex, back_end: StandIn
) -> None:
    await _say_hi(codex, back_end)
    asked = [one for one in back_end.requests if one.path.endswith("/codex/responses")]
    assert [(one.method, one.upgrade, one.status) for one in asked] == [
        ("GET", True, 426),
        ("POST", False, 200),
    ]


@pytest.mark.usefixtures("login")
async def test_codex_takes_the_catalogue_and_the_routing_answer(
    codex: Codex, back_end: StandIn
) -> None:
    await _say_hi(codex, back_end)
    statuses = {one.path.removeprefix("/backend-api"): one.status for one in back_end.requests}
    assert statuses["/codex/models"] == 200
    assert statuses["/wham/accounts/check"] == 200


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(
    ("model", "item"),
    [
        pytest.param("gpt-6.1-sol", "custom_tool_call", id="code mode"),
        pytest.param("gpt-5.5", "function_call", id="plain function tools"),
    ],
)
async def test_codex_runs_a_long_turn_with_tools(
    codex: Codex, back_end: StandIn, model: str, item: str
) -> None:
    back_end.answer_with(answers.tool_turns(5, shell="echo made-by-a-tool"))
    run = await _say_hi(codex, back_end, "-m", model)
    assert run.answers == ("All done.",)
    assert len(back_end.turns()) == 6
    last = back_end.turns()[-1].json["input"]
    assert [one["type"] for one in last].count(item) == 5
    assert str(last).count("made-by-a-tool") >= 5
    assert back_end.violations == []


@pytest.mark.usefixtures("login")
async def test_codex_reads_the_limit_and_asks_once(codex: Codex, back_end: StandIn) -> None:
    back_end.limit("A", until=datetime.now(UTC) + timedelta(hours=2))
    run = await _say_hi(codex, back_end)
    assert run.exit_code == 1
    assert "usage limit" in run.errors[-1]
    assert "try again at" in run.errors[-1]
    assert len(back_end.turns()) == 1


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded", "usage_limit_reached"])
async def test_codex_tries_again_after_a_failure_inside_a_200(
    codex: Codex, back_end: StandIn, code: str
) -> None:
    back_end.next("A", Fails(code))
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    assert len(back_end.turns()) == 2


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("server_is_overloaded", "Selected model is at capacity"),
        ("insufficient_quota", "Quota exceeded"),
    ],
)
async def test_codex_gives_up_at_once_after_others(
    codex: Codex, back_end: StandIn, code: str, sentence: str
) -> None:
    back_end.next("A", Fails(code))
    run = await _say_hi(codex, back_end)
    assert run.answers == ()
    assert sentence in run.errors[-1]
    assert len(back_end.turns()) == 1


@pytest.mark.usefixtures("login")
async def test_codex_tries_again_after_a_cut_stream(codex: Codex, back_end: StandIn) -> None:
    back_end.next("A", Cut(after_events=6))
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    assert [one.ending for one in back_end.turns()] == [Ending.CUT, Ending.ANSWERED]


@pytest.mark.usefixtures("login")
async def test_codex_compacts_a_thread_and_goes_on(codex: Codex, back_end: StandIn) -> None:
    call = CustomCall(name="exec", input='text("made by a tool")')
    back_end.next("A", Says(Turn(calls=(call,), input_tokens=50_000)))
    run = await _say_hi(codex, back_end, model_auto_compact_token_limit="40000")
    assert run.answers == ("Hello from A.",)
    _, compacting, after = back_end.turns()
    assert compacting.json["input"][-1]["type"] == "compaction_trigger"
    assert after.json["input"][-1]["type"] == "compaction"
    assert back_end.violations == []


@pytest.mark.usefixtures("login")
async def test_codex_keeps_the_turn_state_until_its_turn_ends(
    codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(answers.tool_turns(2))
    await _say_hi(codex, back_end)
    first, *later = [one.header("x-codex-turn-state") for one in back_end.turns()]
    assert first is None
    assert later == [f"ts.{back_end.turns()[0].number}.acct-A"] * 2


async def test_codex_refreshes_its_own_login_once(
    codex: Codex, back_end: StandIn, login: Login
) -> None:
    back_end.issuer.expire_access("A")
    run = await _say_hi(codex, back_end)
    assert run.answers == ("Hello from A.",)
    (family,) = back_end.issuer.families_of("A")
    assert family.renewals == 1
    assert family.reuses == 0
    assert family.login.refresh_token in codex.auth.read_text()
    assert login.refresh_token not in codex.auth.read_text()
