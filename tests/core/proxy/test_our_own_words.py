"""Our own answers on the way of a request: in the user's language, with the request's id."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from core.domain.client import Client as Tool
from core.domain.client import ClientId
from core.domain.outcome import NoWay
from core.proxy.answers import fault_of
from core.proxy.clients import token_hash
from core.words.answers import Fault, fault_sentences
from tests.core.proxy.rig import Arrived, BackEnd, Client, Rig, Wire
from tests.fakes.clock import FakeClock

TOKEN = "tt_fake-token-of-an-editor"
ASKED = b'{"model": "gpt-6.1-sol", "input": "hi"}'
MARK = "«"


def shouted(sentence: str, **values: object) -> str:
    """A language in which every sentence stands between marks."""
    return f"«{sentence.format(**values)}»"


@pytest.fixture
async def rig(back_end: BackEnd, clock: FakeClock) -> AsyncIterator[Rig]:
    """A proxy that speaks it."""
    rig = Rig(back_end.port, clock)
    rig.say = shouted
    rig.clients = [
        Tool(
            id=ClientId("cl_1"),
            label="editor",
            token_sha256=token_hash(TOKEN),
            created_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
    ]
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


async def limited(arrived: Arrived, wire: Wire) -> None:
    await wire.answer(429, b'{"error": {"type": "usage_limit_reached"}}')


async def web_page(arrived: Arrived, wire: Wire) -> None:
    await wire.answer(502, b"<html>", kind=b"text/html")


async def garbage(arrived: Arrived, wire: Wire) -> None:
    await wire.answer(400, b'{"error": {"message": "no such model", "code": "bad_model"}}')


async def cut(arrived: Arrived, wire: Wire) -> None:
    await wire.events()
    await wire.chunk(b'event: response.output_text.delta\ndata: {"delta":"hi"}\n\n')
    wire.cut()


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        pytest.param("//nowhere", (), 404, id="a path that is none"),
        pytest.param("//c/fake-no-secret/backend-api/codex/models", (), 400, id="no such address"),
        pytest.param("/responses", ("origin: http://evil.example",), 403, id="a web page"),
        pytest.param("//v1/models", (), 401, id="a tool without a token"),
        pytest.param("/responses", ("transfer-encoding: chunked, x",), 400, id="no HTTP"),
    ],
)
async def test_who_is_turned_away_reads_it_in_his_language(
    client: Client, path: str, fields: tuple[str, ...], status: int
) -> None:
    got = await client.ask("POST", path, b"{}", *fields)
    assert got.status == status
    assert json.loads(got.body)["error"]["message"].startswith(MARK)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(limited, id="every account is limited"),
        pytest.param(web_page, id="a web page comes back"),
    ],
)
async def test_codex_is_told_in_the_users_language_and_by_id_in_a_field(
    back_end: BackEnd, client: Client, script: object
) -> None:
    back_end.script = script  # type: ignore[assignment]
    got = await client.ask()
    assert json.loads(got.body)["error"]["message"].startswith(MARK)
    assert (got.value(b"x-turntable-request") or b"").startswith(b"req_")


@pytest.mark.parametrize(
    ("script", "ours"),
    [
        pytest.param(limited, True, id="every account is limited"),
        pytest.param(web_page, True, id="a web page comes back"),
        pytest.param(cut, True, id="the answer breaks off"),
        pytest.param(garbage, False, id="the back end's own refusal"),
    ],
)
async def test_a_tools_error_names_the_request_that_why_explains(
    rig: Rig, back_end: BackEnd, client: Client, script: object, ours: bool
) -> None:
    back_end.script = script  # type: ignore[assignment]
    got = await client.ask("POST", "//v1/responses", ASKED, f"authorization: Bearer {TOKEN}")
    error = json.loads(got.body)["error"]
    assert got.status >= 400
    assert error["message"].startswith(MARK) is ours
    assert error["request_id"] == (await rig.row()).id
    assert got.value(b"x-turntable-request") == error["request_id"].encode()


async def test_a_tool_without_a_token_has_no_request_to_ask_about(client: Client) -> None:
    got = await client.ask("POST", "//v1/responses", ASKED)
    assert json.loads(got.body)["error"]["request_id"] is None


@pytest.mark.parametrize("way", list(NoWay))
def test_each_reason_that_nothing_was_sent_has_a_sentence_that_says_so(way: NoWay) -> None:
    assert fault_sentences(fault_of(way)).message.endswith("nothing was sent.")


@pytest.mark.parametrize("fault", list(Fault))
def test_every_sentence_of_a_fault_goes_through_the_language(fault: Fault) -> None:
    sentences = fault_sentences(fault, shouted)
    assert sentences.message.startswith(MARK)
    assert not sentences.hint or sentences.hint.startswith(MARK)
