"""What the client gets when the way to the back end, or the back end, breaks."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from core.domain.settings import Settings
from core.domain.usage import Result
from core.proxy.judge import FIRST_EVENTS_S
from tests.core.proxy.rig import A, Arrived, BackEnd, Client, Rig, Wire, request_bytes
from tests.core.proxy.sockets import nobody_accepts

pytestmark = [pytest.mark.both_loops, pytest.mark.usefixtures("way", "never_twice")]

EVENT = b'event: response.output_text.delta\ndata: {"delta":"hi"}\n\n'
CREATED = b'event: response.created\ndata: {"type":"response.created"}\n\n'


async def test_nothing_listens_there_502_and_nothing_was_sent(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    await back_end.stop()
    got = await client.ask()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (502, "upstream_unreachable")
    row = await rig.row()
    assert (row.result, [a.outcome for a in row.attempts]) == (Result.FAILED, ["unreachable"] * 3)


async def test_a_name_that_does_not_resolve_is_unreachable(rig: Rig, client: Client) -> None:
    rig.set("upstream.allow_custom", True)
    rig.set("upstream.base_url", "https://no-such-host.invalid/x")
    got = await client.ask()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (502, "upstream_unreachable")


async def test_no_token_goes_to_a_host_that_is_not_allowed(rig: Rig, client: Client) -> None:
    rig.set("upstream.base_url", "https://elsewhere.example/backend-api")
    assert (await client.ask()).status == 502


async def test_a_back_end_that_does_not_accept_is_given_up(rig: Rig, client: Client) -> None:
    with nobody_accepts() as port:
        rig.accounts = [A]
        rig.set("upstream.connect_timeout_s", 0.1)
        rig.set("upstream.base_url", f"http://127.0.0.1:{port}")
        assert (await client.ask()).status == 502


async def test_a_cut_before_the_head_cuts_the_client_and_asks_nobody_else(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        wire.cut()

    back_end.script = script
    await client.send(request_bytes())
    assert await client.ended() == b""
    assert len(back_end.arrived) == 1
    row = await rig.row()
    assert (row.result, row.status) == (Result.FAILED, None)
    assert [a.outcome for a in row.attempts] == ["unanswered"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-le", id="in the middle of a head"),
        pytest.param(b"garbage\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: \0\r\n\r\n", id="NUL in a field"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            id="two framings",
        ),
        pytest.param(
            b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", id="101"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000, id="an endless head"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="an informational head only"),
    ],
)
async def test_a_head_that_is_none_cuts_the_client(
    rig: Rig, back_end: BackEnd, client: Client, answer: bytes
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(answer)
        wire.cut() if len(answer) < 100 else await wire.gone.wait()

    back_end.script = script
    await client.send(request_bytes())
    assert await client.ended() == b""
    assert len(back_end.arrived) == 1


async def test_silence_after_sending_ends_in_one_sentence_and_asks_nobody_else(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.reader.read()  # until we hang up

    rig.settings = shorter(rig, header_timeout_s=0.05)
    back_end.script = script
    got = await client.ask()
    error = json.loads(got.body)["error"]
    assert (got.status, error["reason"]) == (400, "upstream_silent")
    assert len(back_end.arrived) == 1
    assert (await rig.row()).result is Result.FAILED


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(b"", id="after the first events"),
        pytest.param(b"5\r\nab", id="in the middle of a chunk"),
        pytest.param(b"zz\r\n", id="a chunk size that is none"),
    ],
)
async def test_a_cut_answer_is_cut_for_the_client_too(
    rig: Rig, back_end: BackEnd, client: Client, after: bytes
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(EVENT)
        await wire.send(after)
        wire.writer.close()

    back_end.script = script
    got = await client.ask()
    assert (got.status, got.whole) == (200, False)
    assert got.body.startswith(EVENT[: len(got.body)])
    row = await rig.row()
    assert (row.result, row.status, row.account) == (Result.FAILED, 200, A)


async def test_a_cut_fixed_length_answer_is_cut_for_the_client_too(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")
        wire.writer.close()

    back_end.script = script
    got = await client.ask("GET", "/models", b"")
    assert not got.whole


async def test_a_cut_before_any_output_is_seen_as_no_answer_at_all(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(CREATED)
        wire.cut()

    back_end.script = script
    await client.send(request_bytes())
    assert await client.ended() == b""
    assert len(back_end.arrived) == 1


async def test_an_answer_that_falls_silent_is_cut(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(EVENT)
        await wire.reader.read()

    rig.settings = shorter(rig, idle_timeout_s=0.05)
    back_end.script = script
    got = await client.ask()
    assert (got.body, got.whole) == (EVENT, False)


async def test_an_answer_that_ends_with_its_connection_is_whole(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nabc")
        wire.writer.close()

    back_end.script = script
    got = await client.ask("GET", "/models", b"")
    assert (got.status, got.body, got.whole) == (200, b"abc", True)


async def test_informational_heads_are_skipped(rig: Rig, back_end: BackEnd, client: Client) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
        await wire.answer(200, b"ok")

    back_end.script = script
    got = await client.ask()
    assert (got.status, got.body, got.value(b"link")) == (200, b"ok", None)


async def test_the_client_leaves_before_the_head_and_the_back_end_is_hung_up(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    asked = asyncio.Event()
    hung_up = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        asked.set()
        await wire.reader.read()
        hung_up.set()

    back_end.script = script
    await client.send(request_bytes())
    await asked.wait()
    client.cut()
    await asyncio.wait_for(hung_up.wait(), 1)
    row = await rig.row()
    assert (row.result, row.status) == (Result.CANCELLED, None)
    assert [a.outcome for a in row.attempts] == ["client_gone"]
    assert rig.server._listener.buffered.size == 0
    assert rig.server.traffic.in_flight(A) == 0


@pytest.mark.parametrize("how", ["cut", "closed"])
async def test_the_client_leaves_in_the_middle_and_the_back_end_is_hung_up(
    rig: Rig, back_end: BackEnd, client: Client, how: str
) -> None:
    hung_up = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(EVENT)
        await wire.reader.read()
        hung_up.set()

    back_end.script = script
    await client.send(request_bytes())
    await client.head()
    if how == "cut":
        client.cut()
    else:
        await client.close()
    await asyncio.wait_for(hung_up.wait(), 1)
    row = await rig.row()
    assert (row.result, row.status, row.account) == (Result.CANCELLED, 200, A)
    assert rig.server.traffic.streams == 0


async def test_a_client_that_leaves_while_a_token_is_awaited_costs_nothing(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    waiting, never = asyncio.Event(), asyncio.Event()

    async def authorise(account: object) -> None:
        waiting.set()
        await never.wait()

    rig.server._upstream._granted = lambda account: None
    rig.server._upstream._authorise = authorise
    await client.send(request_bytes())
    await waiting.wait()
    client.cut()
    assert (await rig.row()).result is Result.CANCELLED
    assert back_end.arrived == []


async def test_a_fault_of_our_own_is_one_sentence_and_a_row(
    rig: Rig, back_end: BackEnd, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async def authorise(account: object) -> None:
        raise RuntimeError("planted")

    rig.server._upstream._granted = lambda account: None
    rig.server._upstream._authorise = authorise
    got = await client.ask()
    assert (got.status, json.loads(got.body)["error"]["reason"]) == (400, "internal")
    assert (await rig.row()).result is Result.FAILED
    assert "planted" in caplog.text


async def test_the_first_event_passes_though_nothing_decides(
    rig: Rig, back_end: BackEnd, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FIRST_EVENTS_S == 2.0
    monkeypatch.setattr("core.proxy.judge.FIRST_EVENTS_S", 0.05)
    go_on = asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(CREATED)
        await go_on.wait()
        await wire.end()

    back_end.script = script
    await client.send(request_bytes())
    await client.head()
    assert await client.chunk() == CREATED
    go_on.set()


async def test_no_more_than_sixteen_events_are_waited_for(
    rig: Rig, back_end: BackEnd, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.proxy.judge.FIRST_EVENTS_S", 3600.0)
    one_more, go_on = asyncio.Event(), asyncio.Event()

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(CREATED * 15)
        await one_more.wait()
        await wire.chunk(CREATED)
        await go_on.wait()
        await wire.end()

    back_end.script = script
    await client.send(request_bytes())
    first = asyncio.ensure_future(client.head())
    await asyncio.wait([first], timeout=0.05)
    assert not first.done(), "fifteen are held: the next may still tell of a failure"
    one_more.set()
    await first
    assert await client.chunk() == CREATED * 16
    go_on.set()


async def test_no_more_than_64_kib_are_waited_for(
    rig: Rig, back_end: BackEnd, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.proxy.judge.FIRST_EVENTS_S", 3600.0)
    go_on = asyncio.Event()
    preamble = b'event: response.created\ndata: "' + b"x" * 70_000 + b'"\n\n'

    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.events()
        await wire.chunk(preamble[:-1])
        await go_on.wait()
        await wire.chunk(b"\n")
        await wire.end()

    back_end.script = script
    await client.send(request_bytes())
    await client.head()
    assert await client.chunk()
    go_on.set()


def shorter(rig: Rig, **seconds: Any) -> Settings:
    """The settings with waits below what a user may set."""
    return replace(rig.settings, upstream=replace(rig.settings.upstream, **seconds))


async def test_an_error_whose_body_does_not_end_is_judged_by_what_came(
    rig: Rig, back_end: BackEnd, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.proxy.judge.ERROR_BODY_S", 0.05)

    async def script(arrived: Arrived, wire: Wire) -> None:
        if arrived.value(b"chatgpt-account-id") == b"ws-acc_a":
            await wire.send(b"HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nhalf")
            await wire.reader.read()
        else:
            await wire.answer(200, b"ok")

    back_end.script = script
    got = await client.ask()
    assert (got.status, got.body) == (200, b"ok")
    assert [a.outcome for a in (await rig.row()).attempts] == ["failing", "served"]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="cut"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-le", id="half a head"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", id="half a body"),
        pytest.param(b"HTTP/1.1 504 Late\r\ncontent-length: 0\r\n\r\n", id="504"),
        pytest.param(b"HTTP/1.1 524 Late\r\ncontent-length: 0\r\n\r\n", id="524"),
        pytest.param(b"HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", id="400"),
        pytest.param(b"not HTTP\r\n\r\n", id="not HTTP"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
            b"transfer-encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n" % (len(CREATED), CREATED),
            id="cut after the first event",
        ),
    ],
)
async def test_a_request_that_may_have_been_accepted_is_never_sent_twice(
    rig: Rig, back_end: BackEnd, client: Client, raw: bytes
) -> None:
    async def script(arrived: Arrived, wire: Wire) -> None:
        await wire.send(raw)
        wire.writer.close()

    back_end.script = script
    await client.send(request_bytes("POST", "/responses", b"{}", "connection: close"))
    await client.ended()
    await rig.row()
    assert len(back_end.arrived) == 1
