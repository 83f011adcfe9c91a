"""The pages against the engine's own answers: what is made up elsewhere is what verbs say."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.control.facade import JsonValue
from core.words.speech import english
from tests.core.routing.engine import MODEL, Engine, running
from tray.present import budgets, clients, limits_history, pool_ahead, rules_page, tokens_per_day
from tray.present.answer import Answer
from tray.present.entries import Perform
from tray.present.rules_undo import undo_of
from tray.present.usage_page import AHEAD_QUESTION, history_question, periods, tokens_question

SPEECH = english()
WEEK = periods(SPEECH)[0]


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(tmp_path, "Ada", "Bela", routing__strategy="round-robin") as made:
        yield made


async def answered(engine: Engine, wish: Perform) -> Answer:
    return Answer(await engine.facade.perform(wish.verb, wish.arguments))


async def test_limits_that_were_learned_are_drawn(engine: Engine) -> None:
    reset = engine.clock.now() + timedelta(hours=3)
    for used in (10, 20, 30):
        engine.back_end.use("Ada", used, resets_at=reset)
        await engine.ask("quota", refresh=True)
        engine.clock.advance(600)
    shown = limits_history.history(
        await answered(engine, history_question(WEEK)),
        window=300,
        span=WEEK.span,
        now=engine.clock.now(),
        speech=SPEECH,
    )
    assert shown.chart is not None
    ada = next(line for line in shown.chart.lines if line.name == "Ada")
    assert [value for _, value in ada.points][-3:] == [80, 70, 70]
    assert {"70 %", "80 %", "90 %"} <= {row.texts[2] for row in shown.rows}


@pytest.mark.parametrize(("by", "name"), [("account", "Ada"), ("model", MODEL)])
async def test_tokens_of_turns_are_drawn(engine: Engine, by: str, name: str) -> None:
    await engine.turn("t1")
    shown = tokens_per_day.tokens(
        await answered(engine, tokens_question(WEEK, by)),
        days=WEEK.days,
        now=engine.clock.now(),
        speech=SPEECH,
    )
    assert shown.chart is not None
    assert [pile.name for pile in shown.chart.piles] == [name]
    assert shown.chart.piles[0].values[-1] > 0
    assert shown.rows[0].texts[2] == "1"


async def test_what_is_to_be_expected_is_drawn(engine: Engine) -> None:
    await engine.ask("quota", refresh=True)
    answer = await answered(engine, AHEAD_QUESTION)
    shown = pool_ahead.ahead(answer, now=engine.clock.now(), speech=SPEECH)
    assert shown.verdict
    assert shown.chart is not None
    assert len(shown.rows) == 15


async def test_rules_page_says_what_was_done_and_takes_it_back(
    engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "client-b"
    folder.mkdir()
    accounts = [account["id"] for account in (await engine.ask("status"))["accounts"]]
    made = rules_page.make_pool("job", accounts[:1])
    wishes = (
        made,
        rules_page.change_pool("add", "job", accounts[1]),
        rules_page.add_rule(
            folder=str(folder), model="", client="", pool="job", account="", allow="gpt-*"
        ),
        rules_page.elsewhere("any"),
        rules_page.use_profile("conservative"),
        rules_page.set_weight(accounts[0], 4),
        _budget(accounts[0]),
    )
    before = await everything(engine)
    done = []
    for wish in wishes:
        known = await asked(engine)
        report = await engine.facade.status()
        answer = await answered(engine, wish)
        assert answer.texts("messages"), wish.verb
        done.append(undo_of(wish, known, answer, report))
    shown = await asked(engine)
    assert rules_page.pools(shown["pool"], speech=SPEECH)[0].texts[:2] == ("job", "Ada, Bela")
    assert str(folder) in rules_page.rules(shown["rule"])[0].texts[1]
    assert rules_page.elsewhere_now(shown["rule"]) == "any"
    assert budgets.budgets(shown["budget"], speech=SPEECH)[0].texts[1].startswith("account Ada")
    for back in reversed(done):
        assert back is not None
        await answered(engine, back)
    assert await everything(engine) == before


async def test_tool_is_let_in_and_its_token_is_told_once(engine: Engine) -> None:
    answer = await answered(engine, clients.let_call("notebook"))
    assert answer.text("token").startswith("tt_")
    assert answer.text("token") not in clients.told(answer)
    (row,) = clients.clients(
        await answered(engine, clients.CLIENTS), speech=SPEECH, now=engine.clock.now()
    )
    assert row.texts[:2] == ("notebook", "any account")
    await answered(engine, clients.revoke(row.id))
    assert not (await answered(engine, clients.CLIENTS)).parts("clients")


def _budget(account: str) -> Perform:
    wish = budgets.set_budget(
        about=f"account:{account}", typed="", measure="tokens", amount="20M", period="week"
    )
    assert wish is not None
    return wish


async def asked(engine: Engine) -> dict[str, Answer]:
    questions = (rules_page.POOLS, rules_page.RULES, rules_page.PROFILES, budgets.BUDGETS)
    return {question.verb: await answered(engine, question) for question in questions}


async def everything(engine: Engine) -> Any:
    """All that the page can change, but for numbers that are given once."""
    known = await asked(engine)
    weights = [account.weight for account in (await engine.facade.status()).accounts]
    told: list[JsonValue] = [
        known["pool"].raw("pools"), known["rule"].raw("rules"), known["profile"].raw("in_use"),
        known["rule"].part("unknown").text("otherwise"), known["budget"].raw("budgets"),
    ]  # fmt: skip
    return told, weights
