"""Every decision can be asked why: the true reason, from the record, after it happened."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.cli.reader import Reader
from core.cli.render import render
from core.control.codec import from_json
from core.domain.account import AccountId
from core.domain.decision import RefuseReason, UseReason, WaitReason
from core.domain.errors import CoreError
from core.domain.explained import Explained
from core.domain.settings import STRATEGIES
from core.standin import replies
from core.standin.script import Fails
from core.words import why as words
from core.words.speech import english
from tests.core.routing.engine import MODEL, Engine, running

SPEECH = english()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(tmp_path, "Ada", "Bela", routing__strategy="sticky") as engine:
        yield engine


async def why(engine: Engine) -> Any:
    return (await engine.ask("why"))["requests"][0]


async def test_a_new_conversation(engine: Engine) -> None:
    answer = await engine.turn("t1")
    found = (await engine.ask("why", request=answer.headers["x-turntable-request"]))["requests"][0]
    assert found["text"] == "New chats stay with Ada until it is blocked (sticky)."
    assert [v["text"] for v in found["verdicts"]] == ["Ready.", "Ready."]
    assert (found["label"], found["result"], found["model"]) == ("Ada", "served", MODEL)


async def test_a_conversation_that_goes_on(engine: Engine) -> None:
    await engine.turn("t1")
    await engine.turn("t1")
    assert (await why(engine))["text"] == "The chat lives on Ada."


async def test_an_account_that_ran_out_between_two_turns(engine: Engine) -> None:
    await engine.turn("t1")
    engine.back_end.limit("Ada", until=engine.clock.now() + timedelta(hours=2))
    assert (await engine.turn("t1")).status_code == 200
    found = await why(engine)
    assert found["text"] == (
        "Ada was at its limit. New chats stay with Bela until it is blocked (sticky)."
    )
    await engine.turn("t2")
    found = await why(engine)
    assert found["verdicts"][0]["text"] == "Its usage limit is reached. Until 11:00."


async def test_a_conversation_that_moved_because_its_account_was_waiting(engine: Engine) -> None:
    await engine.turn("t1")
    engine.back_end.limit("Ada", until=engine.clock.now() + timedelta(hours=2))
    await engine.turn("t2")
    await engine.turn("t1")
    assert (await why(engine))["text"] == (
        "New chats stay with Bela until it is blocked (sticky). "
        "The chat lived on Ada before. Its usage limit is reached."
    )


async def test_the_users_own_choice(engine: Engine) -> None:
    await engine.ask("use", account="Bela")
    await engine.turn("t1")
    assert (await why(engine))["text"] == "You prefer Bela."
    await engine.ask("stay", account="Ada")
    await engine.turn("t2")
    assert (await why(engine))["text"] == "You stay on Ada."


async def test_nobody_could_serve(engine: Engine) -> None:
    await engine.ask("stay", account="Ada")
    engine.back_end.limit("Ada", until=engine.clock.now() + timedelta(hours=2))
    assert (await engine.turn("t1")).status_code == 429
    found = await why(engine)
    assert found["text"] == (
        "Every account that could serve was waiting. "
        "You kept to Ada. Its usage limit is reached. Ada was at its limit."
    )
    assert found["account"] is None


async def test_an_overload_inside_a_good_answer(engine: Engine) -> None:
    engine.back_end.next("Ada", Fails("server_is_overloaded"))
    assert (await engine.turn("t1")).status_code == 200
    assert (await why(engine))["text"].startswith("Ada failed. ")


async def test_a_limit_that_is_said_as_404(engine: Engine) -> None:
    now = engine.clock.now()
    until = now + timedelta(hours=1)
    engine.back_end.next("Ada", replies.usage_limit_reached(resets_at=until, now=now, status=404))
    assert (await engine.turn("t1")).status_code == 200
    assert (await why(engine))["text"].startswith("Ada was at its limit. ")


async def test_a_workspace_that_is_gone(engine: Engine) -> None:
    engine.back_end.deactivate("Ada")
    assert (await engine.turn("t1")).status_code == 200
    assert (await why(engine))["text"].startswith("Ada was called out of service. ")


async def test_one_models_limit_and_not_its_others(engine: Engine) -> None:
    engine.back_end.next("Ada", replies.rate_limit_exceeded(retry_after_s=600))
    await engine.turn("t1", model="gpt-6.1-sol")
    assert engine.served_by[-1] == "Bela"
    verdict = (await engine.ask("simulate", model="gpt-6.1-sol"))["requests"][0]["verdicts"][0]
    assert verdict["text"] == "The back end asks it to slow down. Until 09:10."
    other = (await engine.ask("simulate", model="gpt-6.1-mini"))["requests"][0]["verdicts"][0]
    assert other["eligible"]


async def test_what_would_be_decided_sends_and_remembers_nothing(engine: Engine) -> None:
    before = engine.app.observed
    sent = len(engine.back_end.requests)
    found = (await engine.ask("simulate", thread="t9"))["requests"][0]
    assert (found["id"], found["label"]) == ("", "Ada")
    assert engine.app.observed is before
    assert len(engine.back_end.requests) == sent


async def test_a_face_reads_the_explanation_as_a_value(engine: Engine) -> None:
    await engine.turn("t1")
    found = from_json(Explained, await why(engine))
    assert found.started_at == engine.clock.now()
    assert [one.outcome for one in found.attempts] == ["served"]


async def test_the_newest_few_are_explained_oldest_first(engine: Engine) -> None:
    for thread in ("t1", "t2", "t3"):
        await engine.turn(thread)
    found = (await engine.ask("why", last=2))["requests"]
    logged = (await engine.ask("log", last=2))["requests"]
    assert [one["text"] for one in logged] == [one["text"] for one in found]
    assert [one["thread"] for one in found] == ["t2", "t3"]


async def test_a_request_that_nobody_made_is_not_made_up(engine: Engine) -> None:
    with pytest.raises(CoreError) as caught:
        await engine.ask("why", request="req_nothing")
    assert (caught.value.code, caught.value.exit_code) == ("no_request_named", 2)


async def test_the_answer_is_readable(engine: Engine) -> None:
    await engine.turn("t1")
    text = render("why", await engine.ask("why"), Reader(speech=SPEECH, now=engine.clock.now()))
    assert "served 200: Ada" in text
    assert text.splitlines()[2] == "  +  Ada   Ready."
    foreseen = render(
        "simulate", await engine.ask("simulate"), Reader(speech=SPEECH, now=engine.clock.now())
    )
    assert foreseen.startswith("Ada would serve the next request.")


async def test_best_names_an_account_and_may_prefer_it(engine: Engine) -> None:
    await engine.ask("quota", refresh=True)
    named = await engine.ask("best")
    assert (named["label"], named["used"]) == ("Ada", False)
    assert (await engine.ask("status"))["rotation"]["mode"] == "auto"
    await engine.ask("best", use=True)
    assert (await engine.ask("status"))["rotation"]["mode"] == "use"


async def test_a_forecast_says_who_is_next_and_what_it_does_not_know(engine: Engine) -> None:
    await engine.turn("t1")
    found = await engine.ask("forecast")
    text = render("forecast", found, Reader(speech=SPEECH, now=engine.clock.now()))
    assert "New chats go to Ada, then to Bela." in text
    assert "collecting" in text


async def test_limits_have_a_history(engine: Engine) -> None:
    reset = engine.clock.now() + timedelta(hours=3)
    for used in (10, 20, 20, 30):
        engine.back_end.use("Ada", used, resets_at=reset)
        await engine.ask("quota", refresh=True, account="Ada")
        engine.clock.advance(60)
    found = await engine.ask("quota", history="1h", account="Ada")
    points = [p for p in found["history"] if p["kind"] == "session"]
    assert [p["remaining"] for p in points][-3:] == [90, 80, 70]
    table = (await engine.ask("quota", csv=True, account="Ada"))["csv"].splitlines()
    assert table[0] == "at,label,limit,kind,minutes,remaining,resets_at"
    assert [line.split(",")[5] for line in table if ",session," in line][-3:] == ["90", "80", "70"]


async def test_what_all_have_left_is_followed_as_far_as_somebody_asks(engine: Engine) -> None:
    engine.back_end.use("Ada", 40, resets_at=engine.clock.now() + timedelta(hours=3))
    await engine.ask("quota", refresh=True)
    assert (await engine.ask("forecast"))["ahead"] == []
    points = (await engine.ask("forecast", ahead="7d"))["ahead"]
    assert len(points) == 169
    assert all(0 <= p["low"] <= p["likely"] <= p["high"] <= 100 for p in points)


def label(account: AccountId) -> str:
    return str(account)


@pytest.mark.parametrize("word", [*UseReason, *RefuseReason, *WaitReason])
def test_there_is_a_sentence_for_every_reason(word: str) -> None:
    said = words.choice(word, "", AccountId("Work"), label, SPEECH)
    assert said.endswith(".")
    assert said != "Nothing was chosen."


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_says_why(strategy: str) -> None:
    said = words.choice("strategy", strategy, AccountId("Work"), label, SPEECH)
    assert "Work" in said
    assert strategy in said
