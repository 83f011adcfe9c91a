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

pytestmark = [pytest.mark.turns, pytest.mark.codex, pytest.mark.usefixtures("imported")]

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


def works(back_end: StandIn, *, after: int = 0, then: Callable[[], None] | None = None) -> None:
    """Every turn of Codex makes five tool calls; `then` happens once so many are counted."""
    tools = answers.tool_turns(5, shell="echo made-by-a-tool")
    seen: list[str] = []
    loop = asyncio.get_running_loop()

    def answer(body: Mapping[str, Any], account: Account) -> Turn:
        seen.append(account.name)
        if then is not None and len(seen) == after:
            loop.call_soon(then)
        return tools(body, account)

    back_end.answer_with(answer)


async def test_an_account_that_runs_out_between_two_tool_calls_is_named(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    works(back_end, after=3, then=lambda: back_end.limit("A", until=in_two_hours()))
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
    works(back_end)
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        for model in ((), ("-m", OTHER_MODEL), (), ("-m", OTHER_MODEL)):
            assert well(await signed_in_codex.exec("work", *model))
        assert served_by(back_end) == "AAAAAABBBBBB" * 2
        turns = {turn["model"]: turn for turn in await turns_of(turntable)}
        of_a, of_b = [await why(turntable, turns[model]) for model in ("gpt-6.1-sol", OTHER_MODEL)]
        assert of_a["label"] == A
        assert verdict_on(of_a, A)[0]
        assert of_b["label"] == B
        eligible, because, text = verdict_on(of_b, A)
        assert (eligible, because) == (False, "model_limit_reached")
        assert text.startswith("Its limit for this model is reached.")
        refused = [one for one in back_end.requests if one.status == 429]
        assert len(refused) == 1, "the limit is met once, and then known"


async def test_a_reset_comes_by_the_clock_and_the_chat_goes_on_with_its_owner(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    resets: list[datetime] = []

    def run_out() -> None:
        resets.append(in_seconds(5))
        back_end.limit("A", until=resets[0])

    works(back_end, after=9, then=run_out)
    async with turntable.serve(TURNTABLE_ROUTING_CONTINUITY="wait"):
        await turntable.done("bind")
        await turntable.done("use", "#1")
        thread = thread_of(await signed_in_codex.exec("work"))
        await turntable.done("auto")
        assert well(await resumed(signed_in_codex, thread))
        assert datetime.now(UTC) >= resets[0]
        assert served_by(back_end) == "A" * 12
        turns = [turn for turn in await turns_of(turntable) if turn["account"] is not None]
        first_after = await why(turntable, turns[9])
        assert (first_after["because"], first_after["label"]) == ("owner", A)
        assert f"The chat lives on {A}." in first_after["text"]
        assert verdict_on(first_after, B)[0], "another one would have served, and was not asked"
        assert back_end.violations == []


async def test_after_the_reset_a_refused_chat_goes_on_with_its_owner(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    works(back_end)
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        thread = thread_of(await signed_in_codex.exec("work"))
        await turntable.done("auto")
        reset = in_seconds(15)
        back_end.limit("A", until=reset)
        back_end.limit("B", until=in_two_hours())
        refused = await resumed(signed_in_codex, thread)
        assert "usage limit" in refused.errors[-1]
        told = await why(turntable, (await turns_of(turntable))[-1])
        assert (told["because"], told["result"]) == ("all_waiting", "refused")
        while datetime.now(UTC) < reset:  # noqa: ASYNC110 - the machine's own clock
            await asyncio.sleep(0.1)
        assert well(await resumed(signed_in_codex, thread))
        assert served_by(back_end) == "A" * 12
        last = await why(turntable, (await turns_of(turntable))[-6])
        assert (last["because"], last["label"]) == ("owner", A)


async def test_staying_on_a_limited_account_shows_codexs_own_message_with_its_time(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    until = in_two_hours()
    works(back_end, after=3, then=lambda: back_end.limit("A", until=until))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("stay", "#1")
        run = await signed_in_codex.exec("work")
        assert run.exit_code == 1
        assert "usage limit" in run.errors[-1]
        assert f"ry again at {until.astimezone():%-I:%M %p}" in run.errors[-1]
        spoken_to = [one for one in back_end.requests if one.path.endswith("/codex/responses")]
        assert {one.account for one in spoken_to} == {"A"}
        assert served_by(back_end) == "AAA"
        told = await why(turntable, (await turns_of(turntable))[-1])
        assert (told["result"], told["because"]) == ("refused", "all_waiting")
        assert f"You kept to {A}. Its usage limit is reached." in told["text"]
        assert verdict_on(told, B)[:2] == (False, "not_the_stayed_one")


async def test_an_overload_inside_a_good_answer_is_answered_by_another(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    overloaded = Fails("server_is_overloaded")
    works(back_end, after=3, then=lambda: back_end.next("A", overloaded))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        assert well(await signed_in_codex.exec("work"))
        turns = await turns_of(turntable)
        moved = await why(turntable, next(turn for turn in turns if turn["result"] == "moved"))
        assert asked(moved)[0] == (A, "failing")
        assert f"{A} failed." in moved["text"]
        assert [turn["account"] is not None for turn in turns].count(True) == 6
        assert (await why(turntable, turns[3 if len(turns) == 6 else 4]))["label"] == B
        assert back_end.violations == []


async def test_a_404_that_names_the_usage_limit_is_a_limit(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    until = in_two_hours()
    limited = replies.usage_limit_reached(resets_at=until, now=datetime.now(UTC), status=404)
    works(back_end, after=3, then=lambda: back_end.always("A", limited))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#1")
        for _ in range(2):
            assert well(await signed_in_codex.exec("work"))
        assert served_by(back_end) == "AAABBB" + "B" * 6
        assert len([turn for turn in back_end.turns("A") if turn.status == 404]) == 1
        turns = await turns_of(turntable)
        moved = await why(turntable, next(turn for turn in turns if turn["result"] == "moved"))
        assert asked(moved)[0] == (A, "limited")
        last = await why(turntable, turns[-1])
        assert last["label"] == B
        assert verdict_on(last, A)[:2] == (False, "usage_limit_reached")
        (account,) = [x for x in (await turntable.done("status"))["accounts"] if x["label"] == A]
        assert datetime.fromisoformat(account["until"]) == until.replace(microsecond=0)


async def test_a_workspace_is_gone_when_that_was_said_twice(
    turntable: Turntable, signed_in_codex: Codex, back_end: StandIn
) -> None:
    works(back_end, after=3, then=lambda: back_end.deactivate("B"))
    async with turntable.serve():
        await turntable.done("bind")
        await turntable.done("use", "#2")
        await turntable.done("quota", "--refresh")  # so that it is a turn that meets it first
        assert well(await signed_in_codex.exec("work"))
        assert served_by(back_end) == "BBBAAA"
        turns = await turns_of(turntable)
        moved = await why(turntable, next(turn for turn in turns if turn["result"] == "moved"))
        assert asked(moved)[0] == (B, "gone")
        assert f"{B} was called out of service." in moved["text"]
        assert (await why(turntable, turns[-1]))["label"] == A

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
        assert well(await signed_in_codex.exec("work"))
        last = await why(turntable, (await turns_of(turntable))[-1])
        assert (last["label"], asked(last)) == (A, [(A, "served")])
        eligible, because, text = verdict_on(last, B)
        assert (eligible, because) == (False, "gone")
        assert text.startswith("The back end says that its workspace is out of service.")
