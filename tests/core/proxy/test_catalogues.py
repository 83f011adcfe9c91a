"""The list of models: each account's own, told again for a while, never made of several."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.domain.facts import RequestKind
from core.proxy.catalogues import KEPT_FOR, LARGEST, MOST, Catalogues
from core.proxy.fields import Fields
from core.proxy.messages import Request, RequestHead, ResponseHead
from core.standin import replies
from core.standin.script import Endpoint
from core.standin.server import StandIn
from tests.core.proxy.rig import A, B, Client, Got
from tests.core.proxy.sockets import SocketRig
from tests.core.standin.conftest import BODY
from tests.fakes.clock import FakeClock

MODELS = "/models?client_version=0.169.0"


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    """Each of its accounts has a list of its own, by its ETag."""
    async with StandIn(now=clock.now) as back_end:
        yield back_end
        assert back_end.violations == []


@pytest.fixture
async def rig(back_end: StandIn, clock: FakeClock) -> AsyncIterator[SocketRig]:
    """A proxy before it."""
    rig = SocketRig(back_end, clock)
    await rig.start()
    yield rig
    await rig.server.drain(grace_s=0)


def asked(back_end: StandIn) -> int:
    """How often the back end was asked for a list."""
    return sum(one.path.endswith("/codex/models") for one in back_end.requests)


async def models(client: Client, *fields: str, path: str = MODELS) -> Got:
    """As Codex asks."""
    return await client.ask("GET", path, b"", *fields)


async def test_the_list_is_the_back_end_s_own_word_for_word_and_told_again(
    rig: SocketRig, back_end: StandIn, client: Client
) -> None:
    first, again = await models(client), await models(client)
    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body
    assert "models" in json.loads(first.body)
    for name in (b"etag", b"content-type", b"cache-control"):
        assert first.value(name) == again.value(name) is not None
    assert asked(back_end) == 1
    assert [(r.facts.kind, r.account, r.status) for r in rig.records] == [
        (RequestKind.MODELS, A, 200)
    ] * 2


async def test_whoever_has_the_list_is_told_so(back_end: StandIn, client: Client) -> None:
    etag = ((await models(client)).value(b"etag") or b"").decode()
    got = await models(client, f"if-none-match: {etag}")
    assert (got.status, got.body, got.value(b"etag")) == (304, b"", etag.encode())
    assert (await models(client, 'if-none-match: "other"')).status == 200
    assert asked(back_end) == 1


async def test_each_account_and_each_version_of_the_client_has_a_list_of_its_own(
    rig: SocketRig, back_end: StandIn, client: Client
) -> None:
    of_a = (await models(client)).value(b"etag")
    await models(client, path="/models?client_version=0.170.0")
    assert asked(back_end) == 2
    rig.accounts = [B]
    of_b = (await models(client)).value(b"etag")
    assert of_a != of_b
    assert asked(back_end) == 3
    rig.accounts = [A, B]
    assert (await models(client)).value(b"etag") == of_a
    assert asked(back_end) == 3


async def test_it_is_asked_for_again_after_a_while(
    rig: SocketRig, back_end: StandIn, client: Client
) -> None:
    await models(client)
    rig.clock.advance(KEPT_FOR.total_seconds() - 1)
    await models(client)
    assert asked(back_end) == 1
    rig.clock.advance(1)
    await models(client)
    assert asked(back_end) == 2


@pytest.mark.parametrize("changed", [True, False], ids=["another list", "the same list"])
async def test_an_answer_that_names_another_list_makes_it_be_asked_for(
    back_end: StandIn, client: Client, *, changed: bool
) -> None:
    etag = (await models(client)).value(b"etag") or b""
    named = b'"another"' if changed else etag
    reply = replies.with_headers(replies.not_found(), ((b"x-models-etag", named),))
    back_end.next("A", reply, on=Endpoint.SEARCH)
    await client.ask("POST", "/alpha/search", json.dumps(BODY).encode())
    await models(client)
    assert asked(back_end) == (2 if changed else 1)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(replies.not_found(), id="a refusal"),
        pytest.param(replies.server_error(500), id="a failure"),
        pytest.param(replies.captive_portal(), id="a web page"),
    ],
)
async def test_only_a_good_list_is_told_again(
    rig: SocketRig, back_end: StandIn, client: Client, reply: replies.Reply
) -> None:
    rig.accounts = [A]
    back_end.next(None, reply, on=Endpoint.MODELS)
    assert (await models(client)).status >= 400
    rig.observed = type(rig.observed)()
    assert (await models(client)).status == 200
    assert asked(back_end) == 2


async def test_an_account_that_may_not_serve_lends_nobody_its_list(
    rig: SocketRig, back_end: StandIn, client: Client
) -> None:
    of_a = (await models(client)).value(b"etag")
    back_end.limit("A", until=rig.clock.now() + timedelta(hours=1))
    await client.ask("POST", "/responses", json.dumps(BODY).encode())
    assert (await models(client)).value(b"etag") != of_a


async def test_what_is_kept_is_bounded(clock: FakeClock) -> None:
    catalogues, now = Catalogues(), clock.now()
    request = Request(head=RequestHead(method=b"GET", target=b"/", fields=Fields()), body=b"")
    head = ResponseHead(status=200, reason=b"OK", fields=Fields())

    def paths() -> list[bytes]:
        return [b"/models?%d" % number for number in range(MOST + 10)]

    for path in paths():
        sink = catalogues.keeping(_nowhere, A, request, path, head=head, now=now)
        sink(b"a list", True)
    known = [path for path in paths() if catalogues.again(A, request, path, now=now) is not None]
    assert known == paths()[10:]
    sink = catalogues.keeping(_nowhere, B, request, b"/models", head=head, now=now)
    sink(bytes(LARGEST + 1), False)
    sink(b"", True)
    assert catalogues.again(B, request, b"/models", now=now) is None


async def test_a_list_that_says_it_is_too_long_is_not_even_collected(clock: FakeClock) -> None:
    request = Request(head=RequestHead(method=b"GET", target=b"/", fields=Fields()), body=b"")
    fields = Fields([(b"content-length", b"%d" % (LARGEST + 1))])
    head = ResponseHead(status=200, reason=b"OK", fields=fields)
    sink = Catalogues().keeping(_nowhere, A, request, b"/models", head=head, now=clock.now())
    assert sink is _nowhere


def _nowhere(data: bytes, last: bool) -> None:
    """A client that is not of interest."""
