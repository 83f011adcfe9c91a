"""Steering by hand, on the whole engine: what is said, and who serves after it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from tests.core.routing.engine import Engine, running


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(tmp_path, "Ada", "Bela", "Cleo") as engine:
        yield engine


async def said(engine: Engine, verb: str, **arguments: object) -> str:
    return " ".join((await engine.ask(verb, **arguments))["messages"])


async def test_next_goes_on_with_another_account(engine: Engine) -> None:
    await engine.turn("t1")
    first = engine.served_by[-1]
    text = await said(engine, "next")
    await engine.turn("t1")
    second = engine.served_by[-1]
    assert second != first
    assert text.startswith(f"Codex starts with {second}")
    await said(engine, "next")
    await engine.turn("t1")
    assert engine.served_by[-1] != second


async def test_next_leaves_a_stay(engine: Engine) -> None:
    await engine.ask("stay", account="Bela")
    await said(engine, "next")
    await engine.turn("t1")
    assert engine.served_by[-1] != "Bela"


async def test_next_says_when_there_is_no_other(engine: Engine) -> None:
    for name in ("Bela", "Cleo"):
        await engine.ask("account", action="pause", account=name)
    await engine.turn("t1")
    with pytest.raises(CoreError) as caught:
        await engine.ask("next")
    assert (caught.value.code, caught.value.exit_code) == ("no_other_account", 3)


@pytest.mark.parametrize("verb", ["use", "stay"])
async def test_whoever_is_steered_to_an_account_that_cannot_serve_is_told_why(
    engine: Engine, verb: str
) -> None:
    await engine.ask("account", action="pause", account="Bela")
    assert (await said(engine, verb, account="Bela")).endswith(
        "It cannot serve now. Paused by you."
    )
    await engine.ask("account", action="resume", account="Bela")
    assert "It cannot serve now" not in await said(engine, verb, account="Bela")


@pytest.mark.parametrize("verb", ["best", "next"])
async def test_without_an_account_the_first_one_is_asked_for(tmp_path: Path, verb: str) -> None:
    async with running(tmp_path) as engine:
        with pytest.raises(CoreError, match="There is no account yet") as caught:
            await engine.ask(verb)
    assert caught.value.exit_code == 3
    assert "turntable login" in caught.value.hint


async def test_a_paused_rotation_changes_no_account_and_ends_by_the_clock(engine: Engine) -> None:
    await engine.turn("t1")
    first = engine.served_by[-1]
    assert await said(engine, "rotation", action="pause", **{"for": "1h"}) == (
        "No account changes until 10:00."
    )
    engine.back_end.limit(str(first), until=engine.clock.now() + timedelta(hours=2))
    answer = await engine.turn("t1")
    assert answer.status_code == 429
    engine.clock.advance(3600)
    await engine.turn("t1")
    assert engine.served_by[-1] != first


async def test_a_paused_rotation_is_resumed_by_hand(engine: Engine) -> None:
    await engine.ask("rotation", action="pause")
    assert (await engine.ask("status"))["rotation"]["mode"] == "paused"
    await engine.ask("rotation", action="resume")
    assert (await engine.ask("status"))["rotation"]["mode"] == "auto"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("use", "Codex starts with Bela from its next turn on", id="use"),
        pytest.param("stay", "Only Bela is used until `turntable auto`", id="stay"),
    ],
)
async def test_after_a_pause_what_held_before_holds_again(
    engine: Engine, before: str, after: str
) -> None:
    await engine.ask(before, account="Bela")
    await engine.ask("rotation", action="pause")
    await engine.ask("rotation", action="pause", **{"for": "1h"})
    assert (await said(engine, "rotation", action="resume")).startswith(after)
    assert (await engine.ask("status"))["rotation"]["mode"] == before


async def test_without_a_pause_there_is_nothing_to_resume(engine: Engine) -> None:
    await engine.ask("stay", account="Bela")
    text = await said(engine, "rotation", action="resume")
    assert text == "Rotation was not paused; nothing was changed."
    assert (await engine.ask("status"))["rotation"]["mode"] == "stay"


async def test_a_strategy_is_kept_over_a_stay(engine: Engine) -> None:
    await engine.ask("stay", account="Cleo")
    text = await said(engine, "rotation", action="strategy", value="round-robin")
    assert text == "round-robin is kept, and counts when you no longer stay."
    await engine.ask("auto")
    for number in range(3):
        await engine.turn(f"new {number}")
    assert sorted(str(name) for name in engine.served_by) == ["Ada", "Bela", "Cleo"]


async def test_a_strategy_that_does_not_exist_is_named_with_those_that_do(engine: Engine) -> None:
    with pytest.raises(CoreError, match="none of balanced, sticky"):
        await engine.ask("rotation", action="strategy", value="nearest")
    with pytest.raises(CoreError, match="needs a strategy"):
        await engine.ask("rotation", action="strategy")


async def test_the_users_hand_ends_a_wait(engine: Engine) -> None:
    await engine.ask("stay", account="Ada")
    engine.back_end.limit("Ada", until=engine.clock.now() + timedelta(hours=2))
    assert (await engine.turn("t1")).status_code == 429
    engine.back_end.unlimit("Ada")
    assert (await engine.turn("t1")).status_code == 429
    text = await said(engine, "rotation", action="clear-blocks", value="Ada")
    assert text == "Ada waits for nothing any more."
    assert (await engine.turn("t1")).status_code == 200


async def test_a_drained_account_finishes_its_threads_and_gets_no_new_one(engine: Engine) -> None:
    await engine.ask("use", account="Bela")
    await engine.turn("old")
    await engine.ask("auto")
    await engine.ask("account", action="drain", account="Bela")
    await engine.turn("old")
    for number in range(4):
        await engine.turn(f"new {number}")
    assert engine.served_by[:2] == ["Bela", "Bela"]
    assert "Bela" not in engine.served_by[2:]
    assert (await engine.accounts())["Bela"]["state"] == "draining"


async def test_a_reserve_is_kept_by_automation_and_used_by_hand(engine: Engine) -> None:
    for name in ("Ada", "Bela"):
        await engine.ask("account", action="pause", account=name)
    reset = engine.clock.now() + timedelta(days=3)
    engine.back_end.use("Cleo", 85, resets_at=reset, secondary=True)
    await engine.ask("quota", refresh=True, account="Cleo")
    text = await said(engine, "account", action="reserve", account="Cleo", week=20)
    assert text.startswith("Cleo keeps in reserve: 20 % of its week. Only you")
    answer = await engine.turn("t1")
    assert answer.status_code == 400
    message = answer.json()["error"]["message"]
    assert message.startswith("What is left is kept in reserve. Try again at Thu 09:00.")
    cleo = (await engine.accounts())["Cleo"]
    assert (cleo["state"], cleo["reserve"]["week"]) == ("waiting", 20)
    await engine.ask("use", account="Cleo")
    assert (await engine.turn("t1")).status_code == 200


async def test_weights_share_new_threads(engine: Engine) -> None:
    await engine.ask("rotation", action="strategy", value="weighted")
    await engine.ask("account", action="weight", account="Ada", value="2")
    for number in range(8):
        await engine.turn(f"t{number}")
    served = engine.served_by
    assert [served.count(name) for name in ("Ada", "Bela", "Cleo")] == [4, 2, 2]


async def test_what_the_user_decided_about_an_account_is_shown(engine: Engine) -> None:
    await engine.ask("account", action="tag", account="Ada", value="Client-A")
    await engine.ask("account", action="tag", account="Ada", value="big")
    await engine.ask("account", action="untag", account="Ada", value="BIG")
    await engine.ask("account", action="note", account="Ada", value="  for the  rewrite ")
    await engine.ask("account", action="rename", account="Ada", value="Work")
    shown = (await engine.ask("account", action="show", account="Work"))["account"]
    assert (shown["tags"], shown["note"], shown["weight"]) == (["client-a"], "for the rewrite", 1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param({"action": "weight", "value": "0"}, "bad_weight", id="no weight at all"),
        pytest.param({"action": "weight", "value": "much"}, "usage", id="a weight in words"),
        pytest.param({"action": "weight"}, "usage", id="no number"),
        pytest.param({"action": "reserve"}, "usage", id="a reserve of nothing"),
        pytest.param({"action": "reserve", "week": 100}, "bad_reserve", id="all of a week"),
        pytest.param({"action": "tag", "value": "two words"}, "bad_tag", id="two words"),
        pytest.param({"action": "note", "value": "x" * 501}, "bad_note", id="a novel"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    engine: Engine, arguments: dict[str, object], code: str
) -> None:
    before = await engine.ask("account", action="show", account="Ada")
    with pytest.raises(CoreError) as caught:
        await engine.ask("account", account="Ada", **arguments)
    assert (caught.value.code, caught.value.exit_code) == (code, 2)
    assert await engine.ask("account", action="show", account="Ada") == before


async def test_what_is_decided_survives_a_restart(engine: Engine) -> None:
    await engine.ask("account", action="weight", account="Ada", value="7")
    await engine.ask("account", action="reserve", account="Ada", session=5, month=9)
    await engine.app.close()
    await engine.app.serve("serve")
    shown = (await engine.ask("account", action="show", account="Ada"))["account"]
    assert shown["weight"] == 7
    assert shown["reserve"] == {"session": 5, "week": 0, "month": 9}


async def test_an_account_that_is_passed_by_gets_nothing_until_it_resets(engine: Engine) -> None:
    await engine.ask("use", account="Ada")
    await engine.turn("t1")
    text = await said(engine, "rotation", action="skip", value="Ada", **{"for": "2h"})
    assert text.startswith("Ada is passed by until 11:00;")
    await engine.turn("t1")
    assert engine.served_by[-1] != "Ada"
    ada = (await engine.accounts())["Ada"]
    assert (ada["state"], ada["because"]) == ("waiting", "You pass it by until then.")
    engine.clock.advance(2 * 3600)
    assert (await engine.accounts())["Ada"]["state"] == "ready"


async def test_what_is_passed_by_is_taken_back_by_hand_and_by_no_evidence(engine: Engine) -> None:
    await said(engine, "rotation", action="skip", value="Bela", **{"for": "2h"})
    await engine.ask("quota", refresh=True)
    assert (await engine.accounts())["Bela"]["state"] == "waiting"
    await said(engine, "rotation", action="clear-blocks", value="Bela")
    assert (await engine.accounts())["Bela"]["state"] == "ready"


async def test_a_reset_that_nobody_knows_is_asked_for(engine: Engine) -> None:
    with pytest.raises(CoreError, match="not known"):
        await engine.ask("rotation", action="skip", value="Cleo")
