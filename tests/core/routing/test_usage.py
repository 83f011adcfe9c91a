"""What went through, summed up for people, spreadsheets and programs."""

import tomllib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from core.cli.reader import Reader
from core.cli.render import render
from core.domain.prices import Price, cost_of, price_on
from core.domain.usage import UsageSum
from core.storage.prices_file import read_prices
from core.words.speech import english
from tests.core.routing.engine import MODEL, Engine, running

OLD = Price(model="m", since=date(2026, 1, 1), input=2.0, cached_input=0.5, output=10.0)
NEW = Price(model="m", since=date(2026, 3, 1), input=1.0, cached_input=0.1, output=5.0)


def used(day: date, *, model: str = "m", given: int = 1_000_000) -> UsageSum:
    return UsageSum(
        key="A",
        model=model,
        first_hour=datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
        requests=1,
        input=given,
        cached_input=given // 2,
        output=given // 10,
        reasoning_output=0,
        seconds=1.0,
    )


@pytest.mark.parametrize(
    ("day", "price"),
    [
        pytest.param(date(2025, 12, 31), None, id="before anybody told us one"),
        pytest.param(date(2026, 1, 1), OLD, id="from its first day on"),
        pytest.param(date(2026, 2, 28), OLD, id="until the next"),
        pytest.param(date(2026, 3, 1), NEW, id="the next"),
    ],
)
def test_a_price_has_its_days(day: date, price: Price | None) -> None:
    assert price_on([NEW, OLD], "m", day) == price


def test_cached_tokens_cost_less() -> None:
    assert cost_of(used(date(2026, 3, 1)), [NEW]) == pytest.approx(0.5 + 0.05 + 0.5)


def test_what_nobody_knows_the_price_of_has_none() -> None:
    assert cost_of(used(date(2026, 3, 1), model="other"), [NEW]) is None
    assert cost_of(used(date(2026, 3, 1), model="other", given=0), [NEW]) == 0


def test_every_price_that_comes_along_is_whole() -> None:
    prices = read_prices()
    assert prices
    for price in prices:
        assert 0 < price.cached_input < price.input < price.output
        assert isinstance(price.since, date)


def test_every_price_says_where_and_when_it_was_read() -> None:
    table = tomllib.loads((files("resources") / "prices.toml").read_text("utf-8"))["price"]
    for entry in table:
        assert entry["source"].startswith("https://")
        assert isinstance(entry["read"], date)
    days = [(price.model, price.since) for price in read_prices()]
    assert len(days) == len(set(days))


def test_a_price_without_a_first_day_held_from_the_model_s_own() -> None:
    known = price_on(read_prices(), "gpt-5", date(2025, 8, 7))
    assert known is not None
    assert (known.input, known.cached_input, known.output) == (1.25, 0.125, 10.0)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with running(tmp_path, "Ada", "=Bela", routing__strategy="round-robin") as engine:
        yield engine


async def test_turns_are_summed_by_account(engine: Engine) -> None:
    for thread in ("t1", "t2", "t3"):
        await engine.turn(thread)
    found = await engine.ask("usage")
    assert {line["label"]: line["requests"] for line in found["lines"]} == {"Ada": 2, "=Bela": 1}
    assert found["total"]["requests"] == 3
    assert found["total"]["input"] > 0
    assert found["total"]["cost"] is None
    text = render("usage", found, Reader(speech=english(), now=engine.clock.now()))
    head = text.splitlines()[0]
    assert " ".join(head.split()) == "account requests input cached output as API"
    assert text.splitlines()[-1].startswith("together")


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        pytest.param(None, "?", id="no price is known"),
        pytest.param(0, "$0.00", id="nothing"),
        pytest.param(0.0014, "<$0.01", id="less than a cent is not nothing"),
        pytest.param(12.345, "$12.35", id="to the cent"),
    ],
)
async def test_what_the_tokens_would_have_cost_is_shown(
    engine: Engine, cost: float | None, shown: str
) -> None:
    await engine.turn("t1")
    found = await engine.ask("usage")
    total = found["total"] | {"cost": cost}
    text = render(
        "usage", found | {"total": total}, Reader(speech=english(), now=engine.clock.now())
    )
    assert text.splitlines()[-1].split()[-1] == shown


async def test_by_model_by_outcome_and_by_day(engine: Engine) -> None:
    await engine.turn("t1")
    for name in ("Ada", "=Bela"):
        engine.back_end.limit(name, until=engine.clock.now() + timedelta(hours=1))
    await engine.turn("t1")
    assert [one["key"] for one in (await engine.ask("usage", by="model"))["lines"]] == [MODEL]
    outcomes = (await engine.ask("usage", by="outcome"))["lines"]
    assert [(one["key"], one["requests"]) for one in outcomes] == [("refused", 1), ("served", 1)]
    days = (await engine.ask("usage", by="day", since="7d"))["lines"]
    assert [one["label"] for one in days] == ["2026-03-02"]


async def test_a_spreadsheet_gets_names_and_no_formulas(engine: Engine) -> None:
    await engine.turn("t1")
    await engine.turn("t2")
    found = await engine.ask("usage", csv=True)
    text = render("usage", found, Reader(speech=english(), now=engine.clock.now()))
    assert text.splitlines()[0] == "label,requests,input,cached_input,output,reasoning_output,cost"
    assert any(line.startswith("'=Bela,1,") for line in text.splitlines())


async def test_days_are_told_apart_where_somebody_asks(engine: Engine) -> None:
    await engine.turn("t1")
    engine.clock.advance(timedelta(days=1))
    await engine.turn("t1")
    found = await engine.ask("usage", daily=True, since="7d", csv=True)
    assert [(line["day"], line["requests"]) for line in found["lines"]] == [
        ("2026-03-02", 1),
        ("2026-03-03", 1),
    ]
    assert found["csv"].splitlines()[0].startswith("day,label,requests")
    table = render("usage", found | {"csv": None}, Reader(speech=english(), now=engine.clock.now()))
    assert table.splitlines()[1].startswith("2026-03-02  Ada")
    whole = (await engine.ask("usage", since="7d"))["lines"]
    assert [(line["day"], line["requests"]) for line in whole] == [(None, 2)]


async def test_nothing_yet_is_said(engine: Engine) -> None:
    found = await engine.ask("usage")
    text = render("usage", found, Reader(speech=english(), now=engine.clock.now()))
    assert text.startswith("Nothing since ")
