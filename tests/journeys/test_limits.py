"""Limits met by the real Codex, over both of its ways; `why` names the true reason each time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.standin import answers, meters, replies
from core.standin.script import Fails
from core.standin.server import StandIn
from core.standin.turns import Turn
from core.standin.world import SESSION, Account, ExtraLimit
from tests.fakes.codex import Codex, CodexRun
from tests.journeys.asking_why import asked, turns_of, verdict_on, why
from tests.journeys.turntable import Turntable

pytestmark = [pytest.mark.codex, pytest.mark.usefixtures("imported")]

OTHER_MODEL = "gpt-6-luna"
A, B = "a", "b"
"""What the two accounts are called here."""


@pytest.fixture(
    params=[pytest.param(False, id="over HTTP"), pytest.param(True, id="over WebSocket")]
)
async def back_end(request: pytest.FixtureRequest) -> AsyncIterator[StandIn]:
    """On the machine's time: Codex and the program read resets by their own clocks."""
    async with StandIn(now=lambda: datetime.now(UTC), websocket=request.param) as back_end:
        yield back_end


def in_two_hours() -> datetime:
    return datetime.now(UTC) + timedelta(hours=2)


def in_seconds(count: int) -> datetime:
    """So soon, on a whole second: that is how the back end says it."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=count + 1)


def well(run: CodexRun) -> bool:
    """Codex has answered and complained of nothing."""
    return (len(run.answers), run.errors, run.exit_code) == (1, (), 0)


def thread_of(run: CodexRun) -> str:
    (thread,) = [event["thread_id"] for event in run.events if event["type"] == "thread.started"]
    return str(thread)


async def resumed(codex: Codex, thread: str) -> CodexRun:
    return await codex.run(
        "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox",
        "resume", thread, "go on",
    )  # fmt: skip


def served_by(back_end: StandIn) -> str:
    return "".join(turn.account or "?" for turn in back_end.turns() if turn.status == 200)


def runs_out_after(turn: int, back_end: StandIn) -> Callable[..., Turn]:
    """Tool calls; A reaches its limit once so many of its turns are counted."""
    tools = answers.tool_turns(5, shell="echo made-by-a-tool")
    seen: list[str] = []
    loop = asyncio.get_running_loop()

    def answer(body: Mapping[str, Any], account: Account) -> Turn:
        seen.append(account.name)
        if len(seen) == turn:
            loop.call_soon(lambda: back_end.limit("A", until=in_two_hours()))
        return tools(body, account)

    return answer


async def test_an_account_that_runs_out_between_two_tool_calls_is_named(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.answer_with(runs_out_after(3, back_end))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        assert well(await signed_in_codex.exec("work"))
        assert served_by(back_end) == "AAABBB"
        turns = await turns_of(turntable)
        moved = await why(turntable, next(t for t in turns if t["result"] == "moved"))
        assert asked(moved)[0] == (A, "limited")
        assert f"{A} was at its limit." in moved["text"]
        last = await why(turntable, turns[-1])
        assert (last["because"], last["label"]) == ("owner", B)
        assert verdict_on(last, A)[:2] == (False, "usage_limit_reached")
        assert back_end.violations == []


async def test_a_limit_of_one_model_leaves_the_others(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    full = ExtraLimit(
        limit_id="codex_bengalfox",
        name="Luna",
        models=frozenset({OTHER_MODEL}),
        primary=meters.filled(SESSION, 100, in_two_hours()),
    )
    back_end.world.put(replace(back_end.world.account("A"), extra=(full,)))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        for model in ((), ("-m", OTHER_MODEL), (), ("-m", OTHER_MODEL)):
            assert well(await signed_in_codex.exec("say hi", *model))
        assert served_by(back_end) == "ABAB"
        turns = await turns_of(turntable)
        served = [await why(turntable, turn) for turn in turns if turn["account"] is not None]
        assert [(one["model"], one["label"]) for one in served] == [
            ("gpt-6.1-sol", A),
            (OTHER_MODEL, B),
            ("gpt-6.1-sol", A),
            (OTHER_MODEL, B),
        ]
        eligible, because, text = verdict_on(served[3], A)
        assert (eligible, because) == (False, "model_limit_reached")
        assert text.startswith("Its limit for this model is reached.")
        assert verdict_on(served[2], A)[0]
        refused = [one for one in back_end.requests if one.status == 429]
        assert len(refused) == 1, "the limit is met once, and then known"


async def test_a_reset_comes_by_the_clock_and_the_chat_goes_on_with_its_owner(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve(TURNTABLE_ROUTING_CONTINUITY="wait"):
        await turntable.done("bind")
        await turntable.done("use", "#1")
        thread = thread_of(await signed_in_codex.exec("say hi"))
        await turntable.done("auto")
        reset = in_seconds(6)
        back_end.limit("A", until=reset)
        assert well(await resumed(signed_in_codex, thread))
        assert datetime.now(UTC) >= reset
        assert served_by(back_end) == "AA"
        last = await why(turntable, (await turns_of(turntable))[-1])
        assert (last["because"], last["label"]) == ("owner", A)
        assert f"The chat lives on {A}." in last["text"]
        assert verdict_on(last, B)[0], "another one would have served, and was not asked"
        assert back_end.violations == []


async def test_after_the_reset_a_refused_chat_goes_on_with_its_owner(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        thread = thread_of(await signed_in_codex.exec("say hi"))
        await turntable.done("auto")
        reset = in_seconds(12)
        back_end.limit("A", until=reset)
        back_end.limit("B", until=in_two_hours())
        refused = await resumed(signed_in_codex, thread)
        assert "usage limit" in refused.errors[-1]
        told = await why(turntable, (await turns_of(turntable))[-1])
        assert (told["because"], told["result"]) == ("all_waiting", "refused")
        while datetime.now(UTC) < reset:  # noqa: ASYNC110 - the machine's own clock
            await asyncio.sleep(0.1)
        assert well(await resumed(signed_in_codex, thread))
        assert served_by(back_end) == "AA"
        last = await why(turntable, (await turns_of(turntable))[-1])
        assert (last["because"], last["label"]) == ("owner", A)


async def test_staying_on_a_limited_account_shows_codexs_own_message_with_its_time(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("stay", "#1")
        until = in_two_hours()
        back_end.limit("A", until=until)
        run = await signed_in_codex.exec("say hi")
        assert run.exit_code == 1
        assert "usage limit" in run.errors[-1]
        assert f"ry again at {until.astimezone():%-I:%M %p}" in run.errors[-1]
        spoken_to = [one for one in back_end.requests if one.path.endswith("/codex/responses")]
        assert {one.account for one in spoken_to} == {"A"}
        told = await why(turntable, (await turns_of(turntable))[-1])
        assert (told["result"], told["because"]) == ("refused", "all_waiting")
        assert f"You kept to {A}. Its usage limit is reached." in told["text"]
        assert verdict_on(told, B)[:2] == (False, "not_the_stayed_one")


async def test_an_overload_inside_a_good_answer_is_answered_by_another(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    back_end.next("A", Fails("server_is_overloaded"))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        assert well(await signed_in_codex.exec("say hi"))
        turns = [await why(turntable, turn) for turn in await turns_of(turntable)]
        assert asked(turns[0])[0] == (A, "failing")
        assert f"{A} failed." in turns[0]["text"]
        assert turns[-1]["label"] == B
        assert turns[-1]["result"] in ("moved", "served")
        assert back_end.violations == []


async def test_a_404_that_names_the_usage_limit_is_a_limit(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    until = in_two_hours()
    limited = replies.usage_limit_reached(resets_at=until, now=datetime.now(UTC), status=404)
    back_end.always("A", limited)
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        for _ in range(2):
            assert well(await signed_in_codex.exec("say hi"))
        assert len([turn for turn in back_end.turns("A") if turn.status == 404]) == 1
        turns = [await why(turntable, turn) for turn in await turns_of(turntable)]
        assert asked(turns[0])[0] == (A, "limited")
        assert turns[-1]["label"] == B
        assert verdict_on(turns[-1], A)[:2] == (False, "usage_limit_reached")
        (account,) = [x for x in (await turntable.done("status"))["accounts"] if x["label"] == A]
        assert datetime.fromisoformat(account["until"]) == until.replace(microsecond=0)


async def test_a_workspace_is_gone_when_that_was_said_twice(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#2")
        await turntable.done("quota", "--refresh")  # so that it is Codex that meets it first
        back_end.deactivate("B")
        assert well(await signed_in_codex.exec("say hi"))
        # Codex may ask for the list of models first: what is gone is gone for everything.
        everything = (await turntable.done("log"))["requests"]
        first = await why(turntable, next(r for r in everything if len(r["attempts"]) > 1))
        assert asked(first) == [(B, "gone"), (A, "served")]
        assert f"{B} was called out of service." in first["text"]
        assert (await why(turntable, (await turns_of(turntable))[-1]))["label"] == A

        async def state() -> str:
            await turntable.run("quota", "--refresh")
            (account,) = [
                x for x in (await turntable.done("status"))["accounts"] if x["label"] == B
            ]
            return str(account["state"])

        assert await state() == "failing", "said once, or twice in the same breath: a short rest"
        async with asyncio.timeout(20):
            while await state() != "out_of_service":
                pass
        assert well(await signed_in_codex.exec("say hi"))
        last = await why(turntable, (await turns_of(turntable))[-1])
        assert (last["label"], asked(last)) == (A, [(A, "served")])
        eligible, because, text = verdict_on(last, B)
        assert (eligible, because) == (False, "gone")
        assert text.startswith("The back end says that its workspace is out of service.")
