"""Turns: what is answered, what it uses, and when nothing is left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.standin import replies
from core.standin.meters import Window
from core.standin.people import Login, make_login
from core.standin.script import Endpoint, Fails, Says
from core.standin.server import StandIn
from core.standin.spending import Spending
from core.standin.turns import Turn
from core.standin.world import Credits, ExtraLimit
from tests.core.standin import sse
from tests.core.standin.conftest import BODY, Client
from tests.fakes.clock import START, FakeClock

HOUR = timedelta(hours=1)


async def test_a_turn_is_answered_by_the_account_of_its_token(
    client: Client, back_end: StandIn, login: Login
) -> None:
    other = make_login("B")
    back_end.add(other)
    assert sse.said((await client.turn(login)).text) == "Hello from A."
    assert sse.said((await client.turn(other)).text) == "Hello from B."
    assert [one.account for one in back_end.turns()] == ["A", "B"]
    assert back_end.violations == []


async def test_a_turn_tells_its_limits_before_it_begins(client: Client, login: Login) -> None:
    reply = await client.turn(login)
    assert reply.headers["x-codex-primary-used-percent"] == "0"
    assert reply.headers["x-codex-primary-window-minutes"] == "300"
    assert reply.headers["x-codex-primary-reset-at"] == str(int((START + 5 * HOUR).timestamp()))
    assert reply.headers["x-codex-secondary-window-minutes"] == "10080"
    assert reply.headers["x-codex-plan-type"] == "plus"
    first, second, *_ = sse.parse(reply.text)
    assert first["type"] == "codex.rate_limits"
    assert first["rate_limits"]["allowed"] is True
    assert second["type"] == "response.created"


async def test_turns_fill_the_windows_until_nothing_is_left(
    client: Client, back_end: StandIn, login: Login, clock: FakeClock
) -> None:
    account = replace(back_end.world.account("A"), primary=Window(minutes=300, capacity=100))
    back_end.world.put(account)
    back_end.next("A", Says(Turn(text="hi", input_tokens=60, output_tokens=0)))
    back_end.next("A", Says(Turn(text="hi", input_tokens=60, output_tokens=0)))
    assert (await client.turn(login)).headers["x-codex-primary-used-percent"] == "0"
    assert (await client.turn(login)).headers["x-codex-primary-used-percent"] == "60"
    refused = await client.turn(login)
    assert refused.status_code == 429
    assert refused.headers["x-codex-primary-used-percent"] == "100"
    clock.advance(5 * HOUR)
    assert (await client.turn(login)).status_code == 200


async def test_a_limited_account_says_until_when(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.limit("A", until=START + HOUR)
    reply = await client.turn(login)
    assert reply.status_code == 429
    assert reply.json()["error"] == {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": "plus",
        "resets_at": int((START + HOUR).timestamp()),
        "resets_in_seconds": 3600,
    }
    assert not back_end.turns()[0].accepted
    back_end.advance(HOUR)
    assert (await client.turn(login)).status_code == 200


async def test_a_week_is_a_limit_too_and_both_can_be_taken_back(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.limit("A", until=START + 50 * HOUR, secondary=True)
    assert (await client.turn(login)).json()["error"]["resets_in_seconds"] == 180_000
    back_end.unlimit("A")
    assert (await client.turn(login)).status_code == 200


async def test_a_model_may_have_run_out_alone(
    client: Client, back_end: StandIn, login: Login
) -> None:
    spark = ExtraLimit(
        limit_id="codex_bengalfox",
        name="Luna",
        models=frozenset({"gpt-6-luna"}),
        primary=Window(minutes=300, used_percent=100, resets_at=START + HOUR),
    )
    back_end.world.put(replace(back_end.world.account("A"), extra=(spark,)))
    refused = await client.turn(login, {**BODY, "model": "gpt-6-luna"})
    assert refused.status_code == 429
    assert refused.headers["x-codex-bengalfox-primary-used-percent"] == "100"
    assert refused.headers["x-codex-bengalfox-limit-name"] == "Luna"
    assert (await client.turn(login)).status_code == 200
    usage = (await client.get("/wham/usage", login)).json()
    (extra,) = usage["additional_rate_limits"]
    assert extra["limit_name"] == "Luna"
    assert extra["rate_limit"]["limit_reached"] is True
    assert usage["rate_limit"]["limit_reached"] is False


async def test_the_first_answer_of_a_turn_carries_its_state(client: Client, login: Login) -> None:
    state = (await client.turn(login)).headers["x-codex-turn-state"]
    again = await client.turn(login, x_codex_turn_state=state)
    assert again.status_code == 200
    assert "x-codex-turn-state" not in again.headers


async def test_every_scripted_reply_comes_as_it_was_written(
    client: Client, back_end: StandIn, login: Login
) -> None:
    limit = replies.usage_limit_reached(resets_at=START + HOUR, now=START, status=404)
    rows = (
        (limit, 404, "usage_limit_reached"),
        (replies.usage_not_included(), 429, "usage_not_included"),
        (replies.rate_limit_exceeded(), 429, "rate_limit_exceeded"),
        (replies.unauthorized(), 401, "token_invalidated"),
        (replies.deactivated_workspace(), 402, "deactivated_workspace"),
        (replies.cdn_challenge(), 403, "<html>"),
        (replies.captive_portal(), 200, "<html>"),
        (replies.server_error(500), 500, "server_error"),
        (replies.server_error(503), 503, "server_is_overloaded"),
        (replies.server_error(502, body=False), 502, ""),
        (replies.invalid_encrypted_content(), 400, "invalid_encrypted_content"),
    )
    for reply, _, _ in rows:
        back_end.next("A", reply)
    for _, status, text in rows:
        answer = await client.turn(login)
        assert answer.status_code == status
        assert text in answer.text
    assert back_end.script.unused == 0
    assert not any(one.accepted for one in back_end.turns())
    assert (await client.turn(login)).status_code == 200


async def test_retry_after_is_sent_only_where_it_is_known(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.next("A", replies.rate_limit_exceeded(retry_after_s=7))
    back_end.next("A", replies.rate_limit_exceeded())
    assert (await client.turn(login)).headers["retry-after"] == "7"
    assert "retry-after" not in (await client.turn(login)).headers


@pytest.mark.parametrize(
    "code", ["server_is_overloaded", "rate_limit_exceeded", "usage_limit_reached"]
)
async def test_a_failure_inside_a_200_uses_nothing(
    client: Client, back_end: StandIn, login: Login, code: str
) -> None:
    back_end.next("A", Fails(code))
    reply = await client.turn(login)
    assert reply.status_code == 200
    assert sse.parse(reply.text)[-1]["response"]["error"]["code"] == code
    assert back_end.world.account("A").primary == Window(minutes=300)


async def test_a_leak_is_found_even_where_a_script_waits(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.next("A", replies.server_error())
    assert (await client.turn(login, via="x")).status_code == 400
    assert back_end.script.unused == 1


async def test_other_paths_have_scripts_of_their_own(
    client: Client, back_end: StandIn, login: Login
) -> None:
    back_end.next("A", replies.cdn_challenge(), on=Endpoint.USAGE)
    assert (await client.turn(login)).status_code == 200
    assert (await client.get("/wham/usage", login)).status_code == 403
    assert (await client.get("/wham/usage", login)).status_code == 200


async def test_scripting_an_unknown_account_is_an_error(back_end: StandIn) -> None:
    with pytest.raises(KeyError):
        back_end.next("nobody", Fails("x"))
    with pytest.raises(KeyError):
        back_end.always("nobody", Fails("x"))


async def test_a_compaction_is_answered_with_one_encrypted_item(
    client: Client, login: Login
) -> None:
    trigger = [*BODY["input"], {"type": "compaction_trigger"}]
    reply = await client.turn(login, {**BODY, "input": trigger})
    (item,) = sse.parse(reply.text)[-1]["response"]["output"]
    assert item["type"] == "compaction"


async def test_whoever_has_spent_the_limit_waits_for_its_reset(
    client: Client, back_end: StandIn, login: Login
) -> None:
    spending = Spending(limit=1, resets_at=START + HOUR, tokens_per_credit=10)
    account = replace(back_end.world.account("A"), primary=None, secondary=None, spending=spending)
    back_end.world.put(replace(account, credits=Credits(has=True, balance="5")))
    assert (await client.turn(login)).status_code == 200
    refused = await client.turn(login)
    assert refused.status_code == 429
    assert refused.json()["error"]["resets_at"] == int((START + HOUR).timestamp())
    back_end.advance(HOUR)
    assert (await client.turn(login)).status_code == 200
