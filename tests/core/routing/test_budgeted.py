"""Budgets in the whole engine: who is left out, what is refused, what a caller reads, and why."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.cli.reader import Reader
from core.cli.render import render
from core.control.verb import Arguments
from core.control.verbs.budgets import budget
from core.domain.errors import CoreError
from core.domain.events import RequestEnded
from core.standin.script import Gate
from core.words.speech import english
from tests.core.routing.engine import MODEL, Engine, Heard, running


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    """Ada and Bela; a chat stays with the first."""
    async with running(tmp_path, "Ada", "Bela", routing__strategy="sticky") as engine:
        yield engine


async def limited(engine: Engine, **values: str) -> Any:
    return await engine.ask("budget", action="set", **values)


async def called(engine: Engine, token: str, *, model: str = MODEL) -> httpx.Response:
    """A request of another tool."""
    status = await engine.ask("status")
    address = f"http://{status['proxy']['address']}/v1/responses"
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        return await client.post(
            address,
            json={"model": model, "input": "Name three rivers."},
            headers={"authorization": f"Bearer {token}"},
        )


async def test_an_account_with_its_budget_used_up_is_left_out_and_another_serves(
    engine: Engine,
) -> None:
    await limited(engine, account="Ada", requests="2", per="day")
    for _ in range(3):
        assert (await engine.turn()).status_code == 200
    assert engine.served_by == ["Ada", "Ada", "Bela"]
    standing = (await engine.accounts())["Ada"]
    assert (standing["state"], standing["until"]) == ("waiting", "2026-03-03T00:00:00Z")
    assert standing["because"] == "The budget that you gave it is used up."
    why = render("why", await engine.ask("why"), reader(engine))
    assert "The budget that you gave it is used up. Until Tue 00:00." in why


async def test_where_every_account_s_is_used_up_codex_reads_a_sentence(engine: Engine) -> None:
    for name in ("Ada", "Bela"):
        await limited(engine, account=name, requests="1", per="hour")
    await engine.turn("t1")
    await engine.turn("t2")
    answer = await engine.turn("t3")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"].startswith("The budgets of all accounts that could serve are used up.")
    assert "Try again at 10:00." in error["message"]
    engine.clock.advance(timedelta(hours=1))
    assert (await engine.turn("t3")).status_code == 200


async def test_of_requests_at_once_not_one_too_many_is_let_through(engine: Engine) -> None:
    await limited(engine, client="codex_exec", requests="3", per="day")
    answers = await asyncio.gather(*(engine.turn(f"t{number}") for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [400] * 5
    (one,) = (await engine.ask("budget"))["budgets"]
    assert (one["used"], one["reserved"]) == (3, 0)


async def test_a_request_that_moves_is_not_kept_back_by_what_is_reserved_for_itself(
    engine: Engine,
) -> None:
    await limited(engine, client="codex_exec", requests="1", per="day")
    engine.back_end.limit("Ada", until=engine.clock.now() + timedelta(hours=1))
    assert (await engine.turn()).status_code == 200
    assert engine.served_by == ["Ada", "Bela"]
    assert (await engine.turn()).status_code == 400


async def test_who_leaves_gives_back_what_was_reserved(engine: Engine) -> None:
    await limited(engine, client="codex_exec", requests="1", per="day")
    gate = Gate()
    engine.back_end.next("Ada", gate)
    leaving = asyncio.ensure_future(engine.turn("t1"))
    await gate.reached()
    assert (await engine.turn("t2")).status_code == 400
    heard = Heard(engine.app)
    leaving.cancel()
    await heard.one(RequestEnded)
    assert (await engine.turn("t2")).status_code == 200


async def test_a_client_s_budget_refuses_its_requests_and_no_others(engine: Engine) -> None:
    await limited(engine, client="codex_exec", requests="1", per="day")
    assert (await engine.turn()).status_code == 200
    answer = await engine.turn()
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Your budget 1 for this work is used up.")
    assert (await engine.turn(originator="another")).status_code == 200
    (newest, refused) = (await engine.ask("why", last=2))["requests"][::-1]
    assert newest["account"] is not None
    assert refused["because"] == "budget_reached"
    verdicts = {one["because"] for one in refused["verdicts"]}
    assert verdicts == {"budget_of_work_used_up"}
    assert refused["text"].startswith("A budget of yours was used up.")


async def test_another_tool_is_told_in_its_own_way(engine: Engine) -> None:
    made = await engine.ask("client", action="create", label="Editor")
    await limited(engine, client="Editor", requests="1", per="day")
    first = await called(engine, made["token"])
    assert first.status_code == 200
    answer = await called(engine, made["token"])
    assert answer.status_code == 429
    error = answer.json()["error"]
    assert (error["code"], error["resets_at"]) == ("budget_reached", "2026-03-03T00:00:00+00:00")
    assert answer.headers["retry-after"] == str(15 * 3600)


async def test_a_pool_s_budget_refuses_its_work(engine: Engine) -> None:
    pool = await engine.ask("pool", action="create", pool="Side", accounts=["Bela"])
    assert pool
    await engine.ask("rule", action="add", client="codex_exec", pool="Side")
    await limited(engine, pool="Side", requests="1", per="week")
    assert (await engine.turn()).status_code == 200
    assert (await engine.turn()).status_code == 400
    assert (await engine.turn(originator="another")).status_code == 200


async def test_a_project_s_budget_refuses_work_in_it_and_below_it(
    engine: Engine, tmp_path: Path
) -> None:
    side, other = tmp_path / "side", tmp_path / "other"
    for folder in (side / "deep", other):
        folder.mkdir(parents=True)
    await limited(engine, project=str(side), requests="1", per="day")

    async def works_in(folder: Path) -> int:
        told = json.dumps({"workspaces": {str(folder): {}}})
        return (await engine.turn(f"in {folder}", **{"x-codex-turn-metadata": told})).status_code

    assert await works_in(other) == 200
    assert await works_in(side / "deep") == 200
    assert await works_in(side) == 400
    assert await works_in(other) == 200
    lines = (await engine.ask("usage", by="project"))["lines"]
    assert {line["label"]: line["requests"] for line in lines} == {
        str(other): 2,
        str(side): 1,
        str(side / "deep"): 1,
    }


async def test_while_a_project_has_a_budget_no_websocket_hides_the_folder(
    engine: Engine, tmp_path: Path
) -> None:
    wish = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "ZmFrZSBrZXkgb2YgMTYgYg==",
    }

    async def status() -> int:
        async with (
            httpx.AsyncClient(timeout=30, trust_env=False) as client,
            client.stream("GET", f"{engine.address}/responses", headers=wish) as answer,
        ):
            return answer.status_code

    await limited(engine, project=str(tmp_path), requests="9", per="day")
    assert await status() == 426


async def test_a_restart_forgets_nothing(engine: Engine, tmp_path: Path) -> None:
    await limited(engine, account="Ada", requests="2", per="day")
    await engine.turn()
    app = engine.app
    await app.close()
    app.read()
    (offline,) = (await budget(app, Arguments({}))).budgets
    assert (offline.used, offline.used_up) == (1, False)
    await app.serve("serve")
    (again,) = (await engine.ask("budget"))["budgets"]
    assert (again["used"], again["used_up"]) == (1, False)


async def test_a_list_of_models_is_not_kept_back(engine: Engine) -> None:
    await limited(engine, client="codex_exec", requests="1", per="day")
    await engine.turn()
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        answer = await client.get(
            f"{engine.address}/models?client_version=0.169.0",
            headers={"originator": "codex_exec"},
        )
    assert answer.status_code == 200


async def test_the_list_says_what_is_used_and_until_when(engine: Engine) -> None:
    await limited(engine, account="Ada", tokens="2.5M", per="month")
    set_ = await limited(engine, account="Ada", cost="0.0001", per="week")
    assert set_["messages"] == [
        "Budget 2: account Ada: $0.0000 of $0.0001 this week; it starts over 9 Mar."
    ]
    await engine.turn()
    shown = await engine.ask("budget")
    tokens, cost = shown["budgets"]
    assert tokens["used"] > 0
    assert (tokens["limit"], tokens["until"]) == (2_500_000, "2026-04-01T00:00:00Z")
    assert cost["unpriced"] == 1, "in March nobody sold this model yet"
    text = render("budget", shown, reader(engine)).splitlines()
    assert text[0].endswith("of 2,500,000 tokens this month; it starts over 1 Apr")
    assert text[2].strip() == "requests without a known price: 1"


async def test_setting_the_same_again_changes_its_limit(engine: Engine) -> None:
    await limited(engine, account="Ada", requests="1", per="day")
    await engine.turn()
    await limited(engine, account="Ada", requests="5", per="day")
    (one,) = (await engine.ask("budget"))["budgets"]
    assert (one["number"], one["limit"], one["used"], one["used_up"]) == (1, 5, 1, False)
    await engine.turn()
    assert engine.served_by == ["Ada", "Ada"]
    gone = await engine.ask("budget", action="remove", number="1")
    assert gone["messages"] == ["Budget 1 is removed."]
    assert (await engine.ask("budget"))["messages"] == [
        "There is no budget. `turntable budget set` makes one."
    ]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            {"requests": "5", "per": "day"}, "needs exactly one of --account", id="about nothing"
        ),
        pytest.param(
            {"account": "Ada", "client": "x", "requests": "5", "per": "day"},
            "needs exactly one of --account",
            id="about two things",
        ),
        pytest.param(
            {"account": "Ada", "per": "day"}, "needs exactly one of --requests", id="no limit"
        ),
        pytest.param({"account": "Ada", "requests": "5"}, "needs --per", id="no period"),
        pytest.param(
            {"account": "Ada", "requests": "many", "per": "day"}, "is no limit", id="no number"
        ),
        pytest.param(
            {"account": "Ada", "requests": "1.5", "per": "day"}, "is no limit", id="half a request"
        ),
        pytest.param({"account": "Ada", "cost": "0", "per": "day"}, "is no limit", id="nothing"),
        pytest.param(
            {"account": "Ada", "tokens": "-5", "per": "day"}, "is no limit", id="less than nothing"
        ),
        pytest.param(
            {"project": "not/whole", "cost": "5", "per": "day"}, "is no folder", id="no folder"
        ),
        pytest.param({"pool": "None", "cost": "5", "per": "day"}, "None", id="no such pool"),
    ],
)
async def test_what_does_not_fit_changes_nothing(
    engine: Engine, values: dict[str, str], said: str
) -> None:
    with pytest.raises(CoreError, match=said):
        await limited(engine, **values)
    assert engine.app.state.budgets == {}


async def test_a_number_that_nobody_has_is_told(engine: Engine) -> None:
    with pytest.raises(CoreError, match="There is no budget 7"):
        await engine.ask("budget", action="remove", number="7")


def reader(engine: Engine) -> Reader:
    return Reader(speech=english(), now=engine.clock.now())
