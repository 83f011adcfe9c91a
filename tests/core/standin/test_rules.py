from typing import Any

import pytest

from core.standin import rules
from core.standin.people import make_login
from core.standin.turns import encrypted_content
from core.standin.world import Account
from tests.core.standin.conftest import BODY

OURS = frozenset({b"127.0.0.1:1"})
HOST = (b"Host", b"127.0.0.1:1")
CODEX = ((b"originator", b"codex_exec"),)


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        pytest.param([HOST, (b"via", b"1.1 x")], "via", id="tells that it is a proxy"),
        pytest.param([HOST, (b"X-Forwarded-For", b"10.0.0.1")], "X-Forwarded-For", id="an address"),
        pytest.param([HOST, (b"forwarded", b"for=x")], "forwarded", id="the standard form of it"),
        pytest.param([HOST, (b"cookie", b"a=b")], "cookie", id="a cookie"),
        pytest.param([HOST, (b"keep-alive", b"timeout=5")], "keep-alive", id="another hop's field"),
        pytest.param([HOST, (b"proxy-authorization", b"x")], "proxy-auth", id="its credentials"),
        pytest.param([HOST, (b"connection", b"close, x-a")], "connection", id="a named hop field"),
        pytest.param([HOST, (b"te", b"gzip")], "te", id="another hop's coding"),
        pytest.param([HOST, (b"accept-language", b"en")], "accept-language", id="an own addition"),
        pytest.param([HOST, (b"x-turntable-request", b"req_1")], "x-turntable", id="our own mark"),
        pytest.param([HOST, (b"x-api-key", b"tt_x")], "x-api-key", id="a client token"),
        pytest.param([HOST, (b"accept", b"*/*"), (b"Accept", b"*/*")], "Accept", id="it twice"),
        pytest.param([HOST, (b"user-agent", b"a"), (b"user-agent", b"b")], "user-agent", id="two"),
        pytest.param([(b"host", b"127.0.0.1:2")], "127.0.0.1:2", id="the proxy's own host"),
        pytest.param([], "host", id="no host"),
    ],
)
def test_a_head_that_leaks(headers: list[tuple[bytes, bytes]], names: str) -> None:
    sentence = rules.head_violation(headers, own_hosts=OURS)
    assert sentence is not None
    assert names in sentence


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([HOST], id="only a host"),
        pytest.param([(b"host", b"chatgpt.com")], id="the real name"),
        pytest.param([HOST, (b"connection", b"keep-alive")], id="a plain connection field"),
        pytest.param([HOST, (b"connection", b"Upgrade"), (b"upgrade", b"websocket")], id="upgrade"),
        pytest.param([HOST, (b"te", b"trailers")], id="trailers"),
        pytest.param([HOST, (b"x-new", b"1"), (b"x-new", b"2")], id="unknown fields, even twice"),
    ],
)
def test_a_clean_head(headers: list[tuple[bytes, bytes]]) -> None:
    assert rules.head_violation(headers, own_hosts=OURS) is None


ACCOUNT = Account(person=make_login("A").person, routing_override="us")
FEDRAMP = Account(person=make_login("F", fedramp=True).person)
ITS_ID = (b"chatgpt-account-id", b"acct-A")
ITS_ROUTE = (b"x-openai-account-routing-override", b"us")


@pytest.mark.parametrize(
    ("account", "headers", "names"),
    [
        pytest.param(ACCOUNT, [ITS_ID, ITS_ROUTE], None, id="its own"),
        pytest.param(ACCOUNT, [ITS_ROUTE], "chatgpt-account-id", id="no account"),
        pytest.param(
            ACCOUNT, [(b"chatgpt-account-id", b"acct-B"), ITS_ROUTE], "acct-B", id="another account"
        ),
        pytest.param(ACCOUNT, [ITS_ID], "routing override", id="its route is missing"),
        pytest.param(
            ACCOUNT,
            [ITS_ID, ITS_ROUTE, (b"x-openai-fedramp", b"true")],
            "fedramp",
            id="the local login's fedramp",
        ),
        pytest.param(
            FEDRAMP, [(b"chatgpt-account-id", b"acct-F")], "fedramp", id="its fedramp is missing"
        ),
        pytest.param(
            ACCOUNT,
            [ITS_ID, ITS_ROUTE, (b"x-codex-turn-state", b"ts.4.acct-B")],
            "turn state",
            id="another account's turn state",
        ),
        pytest.param(
            ACCOUNT,
            [ITS_ID, ITS_ROUTE, (b"x-codex-turn-state", rules.turn_state("acct-A", 4).encode())],
            None,
            id="its own turn state",
        ),
        pytest.param(
            ACCOUNT,
            [ITS_ID, ITS_ROUTE, (b"x-codex-turn-state", b"opaque")],
            None,
            id="a turn state that no stand-in made",
        ),
    ],
)
def test_whether_a_head_belongs_to_the_account(
    account: Account, headers: list[tuple[bytes, bytes]], names: str | None
) -> None:
    sentence = rules.identity_violation(headers, account, routed=True)
    assert (sentence is None) if names is None else (sentence is not None and names in sentence)


def test_what_tells_the_routing_is_asked_without_knowing_it() -> None:
    assert rules.identity_violation([ITS_ID], ACCOUNT, routed=True) is not None
    assert rules.identity_violation([ITS_ID], ACCOUNT, routed=False) is None
    foreign = [ITS_ID, (b"x-openai-account-routing-override", b"elsewhere")]
    assert rules.identity_violation(foreign, ACCOUNT, routed=False) is not None


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in BODY.items() if key != name}


WITH_ID = [{"type": "message", "role": "user", "id": "msg_1", "content": "hi"}]


@pytest.mark.parametrize(
    ("body", "headers", "names"),
    [
        pytest.param(BODY, (), None, id="what other tools may send"),
        pytest.param({**BODY, "input": WITH_ID}, CODEX, None, id="Codex itself sends ids"),
        pytest.param(_without("instructions"), CODEX, None, id="and no instructions"),
        pytest.param({**BODY, "service_tier": "priority"}, (), None, id="a service tier passes"),
        pytest.param([], (), "object", id="not an object"),
        pytest.param(_without("model"), (), "model", id="no model"),
        pytest.param({**BODY, "stream": False}, (), "stream", id="no stream"),
        pytest.param({**BODY, "store": True}, (), "store", id="asks to store"),
        pytest.param(_without("store"), (), "store", id="store left out"),
        pytest.param({**BODY, "input": "hi"}, (), "input", id="input as text"),
        pytest.param(_without("instructions"), (), "instructions", id="no instructions"),
        pytest.param({**BODY, "input": WITH_ID}, (), "msg_1", id="an item with an id"),
        pytest.param(
            {**BODY, "input": [{"type": "item_reference"}]}, (), "item_reference", id="a reference"
        ),
        pytest.param({**BODY, "input": ["hi"]}, (), "item", id="an item that is none"),
        *(
            pytest.param({**BODY, name: 1}, CODEX, name, id=f"{name} is refused")
            for name in (
                "truncation",
                "max_output_tokens",
                "max_tokens",
                "max_completion_tokens",
                "temperature",
                "top_p",
                "user",
                "metadata",
            )
        ),
    ],
)
def test_what_a_turn_may_ask_for(
    body: object, headers: tuple[tuple[bytes, bytes], ...], names: str | None
) -> None:
    sentence = rules.body_violation(body, headers)
    assert (sentence is None) if names is None else (sentence is not None and names in sentence)


def test_it_sees_who_made_the_encrypted_items() -> None:
    items = [
        {"type": "reasoning", "encrypted_content": encrypted_content("acct-B", 1)},
        {"type": "compaction", "encrypted_content": encrypted_content("acct-A", 2)},
        {"type": "reasoning", "encrypted_content": "from elsewhere"},
        {"type": "message"},
    ]
    assert rules.makers({"input": items}) == {"acct-A", "acct-B"}
