"""Where a workspace's requests go: asked once, remembered, and never in anybody's way."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.workspace_routes import (
    KNOWN_FOR_S,
    UNKNOWN_FOR_S,
    WorkspaceRoutes,
    route_in,
)
from core.asking import Asking
from core.domain.account import AccountId
from core.domain.credentials import Grant
from core.domain.settings import Settings, with_value
from core.domain.workspace_route import UNBOUND, WorkspaceRoute
from core.standin import replies
from core.standin.people import make_login
from core.standin.script import Endpoint
from core.standin.server import StandIn
from tests.fakes.clock import FakeClock

A = AccountId("acc_a")
US = WorkspaceRoute(origin="https://us.chatgpt.com", override="us")


def answer(**entry: object) -> bytes:
    return json.dumps({"accounts": [{"id": "other"}, {"id": "ws", **entry}]}).encode()


@pytest.mark.parametrize(
    ("body", "route"),
    [
        pytest.param(
            answer(
                workspace_backend_origin="https://us.chatgpt.com", account_routing_override="us"
            ),
            US,
            id="bound to a region",
        ),
        pytest.param(
            answer(
                workspace_backend_origin="NO_CONSTRAINT", account_routing_override="NO_CONSTRAINT"
            ),
            UNBOUND,
            id="not bound",
        ),
        pytest.param(answer(), UNBOUND, id="nothing said"),
        pytest.param(b'{"accounts":[{"id":"other"}]}', UNBOUND, id="not listed"),
        pytest.param(
            answer(account_routing_override="us\r\nx-evil: 1"), UNBOUND, id="no word for a field"
        ),
        pytest.param(answer(account_routing_override=7), UNBOUND, id="a number"),
        pytest.param(b"{}", None, id="no list"),
        pytest.param(b"[]", None, id="no object"),
        pytest.param(b"<html>", None, id="a web page"),
    ],
)
def test_what_an_answer_says(body: bytes, route: WorkspaceRoute | None) -> None:
    assert route_in(body, "ws") == route


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_whatever_comes_it_is_no_error(body: bytes | str) -> None:
    route_in(body if isinstance(body, bytes) else body.encode(), "ws")


@pytest.fixture
async def back_end(clock: FakeClock) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock.now) as back_end:
        yield back_end


def grant_of(back_end: StandIn, name: str = "A") -> Grant:
    login = make_login(name)
    back_end.add(login)
    return Grant(
        access_token=login.access_token,
        workspace=login.account_id,
        fedramp=False,
        expires_at=None,
    )


def routes_to(base_url: str, clock: FakeClock) -> WorkspaceRoutes:
    settings = with_value(Settings(), "upstream.base_url", base_url)
    asking = Asking(settings=lambda: settings)
    return WorkspaceRoutes(
        connect=lambda: httpx.AsyncClient(trust_env=False, verify=False),
        base_url=asking.base_url,
        clock=clock,
    )


def asked(back_end: StandIn) -> int:
    return len([r for r in back_end.requests if r.path.endswith("/accounts/check")])


async def test_many_requests_ask_once_and_it_is_remembered(
    back_end: StandIn, clock: FakeClock
) -> None:
    grant = grant_of(back_end)
    routes = routes_to(back_end.base_url, clock)
    assert routes.known(A, grant) is None
    found = await asyncio.gather(*(routes.of(A, grant) for _ in range(5)))
    assert found == [UNBOUND] * 5
    assert routes.known(A, grant) is found[0]
    assert asked(back_end) == 1
    clock.advance(timedelta(seconds=KNOWN_FOR_S))
    assert routes.known(A, grant) is None
    await routes.of(A, grant)
    assert asked(back_end) == 2
    assert back_end.violations == []


async def test_an_account_of_a_government_is_named_as_one(
    back_end: StandIn, clock: FakeClock
) -> None:
    grant = replace(grant_of(back_end), fedramp=True)
    assert await routes_to(back_end.base_url, clock).of(A, grant) == UNBOUND
    (request,) = back_end.requests
    assert dict(request.headers)[b"x-openai-fedramp"] == b"true"


async def test_an_account_with_another_workspace_is_asked_about_again(
    back_end: StandIn, clock: FakeClock
) -> None:
    routes = routes_to(back_end.base_url, clock)
    await routes.of(A, grant_of(back_end))
    await routes.of(A, grant_of(back_end, "B"))
    assert asked(back_end) == 2


async def test_what_was_known_counts_until_the_back_end_says_otherwise(
    back_end: StandIn, clock: FakeClock
) -> None:
    grant = grant_of(back_end)
    said = json.loads(answer(workspace_backend_origin=US.origin, account_routing_override="us"))
    said["accounts"][1]["id"] = grant.workspace
    back_end.next(None, replies.as_json(200, said), on=Endpoint.CHECK)
    routes = routes_to(back_end.base_url, clock)
    assert await routes.of(A, grant) == US
    clock.advance(timedelta(seconds=KNOWN_FOR_S))
    back_end.next(None, replies.server_error(status=503), on=Endpoint.CHECK)
    assert await routes.of(A, grant) == US
    clock.advance(timedelta(seconds=UNKNOWN_FOR_S))
    assert await routes.of(A, grant) == UNBOUND


@pytest.mark.parametrize(
    "base_url",
    [
        pytest.param("http://127.0.0.1:9/backend-api", id="nobody there"),
        pytest.param("https://evil.example/backend-api", id="where tokens may not go"),
    ],
)
async def test_without_an_answer_requests_go_the_usual_way(
    back_end: StandIn, clock: FakeClock, base_url: str
) -> None:
    routes = routes_to(base_url, clock)
    grant = replace(grant_of(back_end), access_token="fake")
    assert await routes.of(A, grant) == UNBOUND
    assert asked(back_end) == 0
