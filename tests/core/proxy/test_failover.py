"""Another account takes over where that is safe, and the client never sees that it did."""

import asyncio
import json
from datetime import timedelta

import pytest

from core.domain.decision import Because
from core.domain.facts import ThreadId
from core.domain.observed import is_challenged
from core.domain.usage import Result, Tokens
from tests.core.proxy.rig import (
    A,
    Arrived,
    B,
    BackEnd,
    C,
    Client,
    Rig,
    Script,
    Wire,
    grant_of,
    request_bytes,
    until,
)

pytestmark = pytest.mark.usefixtures("way", "never_twice")

EVENT = b'event: response.output_text.delta\ndata: {"delta":"hi"}\n\n'
CREATED = b'event: response.created\ndata: {"type":"response.created"}\n\n'
COMPLETED = (
    b'event: response.completed\ndata: {"type":"response.completed","response":{"usage":'
    b'{"input_tokens":7,"output_tokens":3}}}\n\n'
)


def account_of(arrived: Arrived) -> bytes:
    return arrived.value(b"chatgpt-account-id") or b""


def first_fails(
    status: int, body: bytes, *fields: bytes, kind: bytes = b"application/json"
) -> Script:
    """The account that is asked first fails; the others serve a stream."""

    async def script(arrived: Arrived, wire: Wire) -> None:
        if account_of(arrived) == b"ws-acc_a":
            await wire.answer(status, body, *fields, kind=kind)
        else:
            await wire.events()
            await wire.chunk(EVENT)
            await wire.chunk(COMPLETED)
            await wire.end()

    return script


def failed_inside(code: str) -> Script:
    """The account that is asked first says 200 and then fails before any output."""

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        if account_of(arrived) == b"ws-acc_a":
            await wire.chunk(CREATED)
            error = json.dumps({"response": {"error": {"code": code}}}).encode()
            await wire.chunk(b"event: response.failed\ndata: " + error + b"\n\n")
        else:
            await wire.chunk(EVENT)
        await wire.end()

    return script


LIMIT = b'{"error":{"type":"usage_limit_reached","resets_in_seconds":3600}}'


@pytest.mark.parametrize(
    ("script", "because"),
    [
        pytest.param(first_fails(429, LIMIT), Because.USAGE_LIMIT, id="429 usage limit"),
        pytest.param(first_fails(404, LIMIT), Because.USAGE_LIMIT, id="404 usage limit"),
        pytest.param(
            first_fails(429, b'{"error":{"code":"rate_limit_exceeded"}}', b"retry-after: 5"),
            Because.RATE_LIMIT,
            id="429 rate limit",
        ),
        pytest.param(
            first_fails(402, b'{"detail":{"code":"deactivated_workspace"}}'), Because.GONE, id="402"
        ),
        pytest.param(
            first_fails(403, b'{"error":{"code":"workspace_not_found"}}'), Because.GONE, id="403"
        ),
        pytest.param(first_fails(500, b""), Because.FAILING, id="500"),
        pytest.param(
            first_fails(502, b"<html>", kind=b"text/html"), Because.FAILING, id="502 page"
        ),
        pytest.param(first_fails(503, b"x" * 100_000), Because.FAILING, id="503 with a long body"),
        pytest.param(
            failed_inside("server_is_overloaded"), Because.FAILING, id="overload in a 200"
        ),
        pytest.param(failed_inside("rate_limit_exceeded"), Because.RATE_LIMIT, id="rate in a 200"),
        pytest.param(
            failed_inside("usage_limit_reached"), Because.USAGE_LIMIT, id="limit in a 200"
        ),
        pytest.param(failed_inside("insufficient_quota"), Because.QUOTA, id="quota in a 200"),
    ],
)
async def test_the_second_account_answers_unseen(
    rig: Rig, back_end: BackEnd, client: Client, script: Script, because: Because
) -> None:
    back_end.script = script
    got = await client.ask("POST", "/responses", b"{}", "thread-id: t-1")
    assert (got.status, got.whole) == (200, True)
    assert got.body.startswith(EVENT)
    assert [account_of(a) for a in back_end.arrived] == [b"ws-acc_a", b"ws-acc_b"]
    row = await rig.row()
    assert (row.result, row.account) == (Result.MOVED, B)
    assert [block.because.split("_once")[0] for block in rig.observed.blocks[A]] == [because]


async def test_a_refused_token_is_renewed_once_and_sent_again_with_the_same_account(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        rig.grants[A] = grant_of(A, 2)
        fresh = arrived.value(b"authorization") == b"Bearer fake-access-acc_a-2"
        await wire.answer(200 if fresh else 401, b"{}")

    back_end.script = script
    assert (await client.ask()).status == 200
    assert rig.renewed == [A]
    assert [account_of(a) for a in back_end.arrived] == [b"ws-acc_a", b"ws-acc_a"]
    row = await rig.row()
    assert (row.result, [a.outcome for a in row.attempts]) == (Result.SERVED, ["served"])
    assert A not in rig.observed.signed_out


async def test_a_login_that_is_not_taken_is_left_and_the_next_account_asked(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    back_end.script = first_fails(401, b'{"error":{"code":"token_expired"}}')
    assert (await client.ask()).status == 200
    assert rig.renewed == [A]
    assert rig.observed.signed_out[A] is Because.TOKEN_REFUSED


async def test_an_account_without_a_token_sends_nothing(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    rig.grants[A] = None
    assert (await client.ask()).status == 200
    assert [account_of(a) for a in back_end.arrived] == [b"ws-acc_b"]
    assert rig.renewed == []
    assert A not in rig.observed.signed_out


async def test_when_all_are_limited_codex_hears_of_the_first_reset(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(429, LIMIT)

    back_end.script = script
    got = await client.ask()
    error = json.loads(got.body)["error"]
    assert (got.status, error["type"]) == (429, "usage_limit_reached")
    assert error["resets_at"] == int((rig.clock.now() + timedelta(hours=1)).timestamp())
    assert len(back_end.arrived) == 3
    row = await rig.row()
    assert (row.result, row.status, row.account) == (Result.REFUSED, 429, None)


async def test_when_all_fail_the_last_answer_is_passed_on_whole(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    body = b"y" * 300_000

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(503, body, b"retry-after: 3")

    back_end.script = script
    got = await client.ask()
    assert (got.status, got.body, got.value(b"retry-after")) == (503, body, b"3")
    assert (await rig.row()).result is Result.FAILED


async def test_a_web_page_of_the_back_end_becomes_json(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(502, b"<html>", kind=b"text/html")

    back_end.script = script
    got = await client.ask()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (502, "upstream_not_json")


@pytest.mark.parametrize("status", [403, 200])
async def test_a_challenge_is_no_accounts_fault_and_asks_no_other(
    rig: Rig, back_end: BackEnd, client: Client, status: int
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(status, b"<html>", kind=b"text/html")

    back_end.script = script
    got = await client.ask()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (400, "upstream_challenge")
    assert len(back_end.arrived) == 1
    assert not rig.observed.blocks
    assert rig.renewed == []
    assert is_challenged(rig.observed, rig.clock.now()), "nobody is asked for a moment"


@pytest.mark.parametrize("status", [400, 404, 413, 422, 504, 524])
async def test_what_the_back_end_says_of_the_request_itself_is_passed_on(
    rig: Rig, back_end: BackEnd, client: Client, status: int
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.answer(status, b'{"detail":"so"}', b"x-of-theirs: 1")

    back_end.script = script
    got = await client.ask()
    assert (got.status, got.body) == (status, b'{"detail":"so"}')
    assert got.value(b"x-of-theirs") == b"1"
    assert len(back_end.arrived) == 1


async def test_turn_state_does_not_follow_to_another_account(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    back_end.script = first_fails(429, LIMIT)
    await client.ask("POST", "/responses", b"{}", "x-codex-turn-state: of-a")
    assert [a.value(b"x-codex-turn-state") for a in back_end.arrived] == [b"of-a", None]


async def test_turn_state_of_a_thread_that_moves_stays_behind(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    rig.moved_from = C
    await client.ask("POST", "/responses", b"{}", "x-codex-turn-state: of-c", "thread-id: t-1")
    assert back_end.arrived[0].value(b"x-codex-turn-state") is None
    assert rig.observed.owners[ThreadId("t-1")].account == A


async def test_a_new_thread_belongs_to_its_account_from_the_choice_on(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        asked.set()
        await go_on.wait()
        await wire.answer(200)

    back_end.script = script
    await client.send(request_bytes("POST", "/responses", b"{}", "thread-id: t-1"))
    await asked.wait()
    assert rig.observed.owners[ThreadId("t-1")].account == A
    go_on.set()
    await client.answer()


async def test_the_whole_pool_is_tried_within_its_time(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        rig.clock.advance(31)
        await wire.answer(429, LIMIT)

    back_end.script = script
    got = await client.ask()
    assert json.loads(got.body)["error"]["reason"] == "time_budget"
    assert len(back_end.arrived) == 1


async def test_limits_and_tokens_are_learned_from_head_and_stream(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events(
            b"x-codex-primary-used-percent: 25", b"x-codex-primary-window-minutes: 300"
        )
        limits = {"rate_limits": {"secondary": {"used_percent": 50, "window_minutes": 10080}}}
        await wire.chunk(
            b"event: codex.rate_limits\ndata: " + json.dumps(limits).encode() + b"\n\n"
        )
        await wire.chunk(CREATED + EVENT)
        await wire.chunk(COMPLETED)
        await wire.end()

    back_end.script = script
    got = await client.ask()
    assert got.whole
    row = await rig.row()
    assert row.tokens == Tokens(input=7, cached_input=0, output=3, reasoning_output=0)
    assert row.result is Result.SERVED
    left = sorted(w.remaining or 0 for w in rig.observed.quotas[A].windows.values())
    assert left == [50, 75]


async def test_a_limit_in_the_middle_of_an_answer_counts_though_it_comes_too_late(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(EVENT)
        error = {"response": {"error": {"code": "usage_limit_reached", "resets_in_seconds": 60}}}
        await wire.chunk(b"event: response.failed\ndata: " + json.dumps(error).encode() + b"\n\n")
        await wire.end()

    back_end.script = script
    got = await client.ask()
    assert (got.status, got.whole) == (200, True)
    assert len(back_end.arrived) == 1
    assert (await rig.row()).result is Result.FAILED
    assert [block.because for block in rig.observed.blocks[A]] == [Because.USAGE_LIMIT]


async def test_an_answer_asked_for_before_a_limit_was_met_does_not_end_the_limit(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    go_on = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        if arrived.value(b"thread-id") == b"slow":
            await go_on.wait()
            await wire.answer(200, b"{}")
        elif account_of(arrived) == b"ws-acc_a":
            await wire.answer(429, LIMIT)
        else:
            await wire.answer(200, b"{}")

    back_end.script = script
    await client.send(request_bytes("POST", "/responses", b"{}", "thread-id: slow"))
    await until(lambda: len(back_end.arrived) == 1)
    rig.clock.advance(1)
    other = await Client.connect(rig.server.port)
    assert (await other.ask("POST", "/responses", b"{}", "thread-id: quick")).status == 200
    await other.close()
    await rig.row()
    rig.clock.advance(1)
    go_on.set()
    assert (await client.answer()).status == 200
    assert (await rig.row()).account == A
    assert [block.because for block in rig.observed.blocks[A]] == [Because.USAGE_LIMIT]


async def test_a_failing_search_benches_nobody(rig: Rig, back_end: BackEnd, client: Client) -> None:
    back_end.script = first_fails(500, b"")
    got = await client.ask("POST", "/alpha/search")
    assert got.status == 200
    assert not rig.observed.blocks


async def test_each_request_counts_as_in_flight_until_it_ended(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    go_on = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(EVENT)
        await go_on.wait()
        await wire.end()

    back_end.script = script
    await client.send(request_bytes())
    await client.head()
    traffic = rig.server.traffic
    assert (traffic.requests, traffic.streams, traffic.in_flight(A)) == (1, 1, 1)
    go_on.set()
    await rig.row()
    assert (traffic.requests, traffic.streams, traffic.in_flight(A)) == (0, 0, 0)
