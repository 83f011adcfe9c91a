"""A workspace that is bound to a region: its requests go there, with its own override."""

import pytest

from core.domain.workspace_route import WorkspaceRoute
from core.proxy.upstream import Base, at_origin, base_of
from tests.core.proxy.rig import A, BackEnd, Client, Rig

OFFICIAL = "https://chatgpt.com/backend-api"
LOCAL = "http://127.0.0.1:1/backend-api"


async def test_the_override_is_the_account_s_and_never_the_local_login_s(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    rig.routes[A] = WorkspaceRoute(override="us_cr")
    await client.ask("POST", "/responses", b"{}", "x-openai-account-routing-override: eu")
    assert back_end.arrived[0].value(b"x-openai-account-routing-override") == b"us_cr"


async def test_requests_go_to_the_workspace_s_own_origin(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    regional = BackEnd()
    await regional.start()
    rig.routes[A] = WorkspaceRoute(origin=f"http://localhost:{regional.port}")
    assert (await client.ask()).status == 200
    assert back_end.arrived == []
    (arrived,) = regional.arrived
    assert arrived.value(b"host") == f"localhost:{regional.port}".encode()
    assert arrived.head.startswith(b"POST /backend-api/codex/responses ")
    await regional.stop()


async def test_a_token_goes_to_no_origin_that_is_not_the_back_end_s(
    rig: Rig, back_end: BackEnd, client: Client
) -> None:
    rig.accounts = [A]
    rig.routes[A] = WorkspaceRoute(origin="https://evil.example")
    assert (await client.ask()).status == 502
    assert back_end.arrived == []


@pytest.mark.parametrize(
    ("base", "origin", "allow_custom", "host"),
    [
        pytest.param(OFFICIAL, "https://us.chatgpt.com", False, b"us.chatgpt.com", id="a region"),
        pytest.param(OFFICIAL, "https://chatgpt.com", False, b"chatgpt.com", id="itself"),
        pytest.param(OFFICIAL, "http://us.chatgpt.com", False, None, id="without TLS"),
        pytest.param(OFFICIAL, "https://evilchatgpt.com", False, None, id="a name like it"),
        pytest.param(OFFICIAL, "https://chatgpt.com.evil.example", False, None, id="in front"),
        pytest.param(OFFICIAL, "http://127.0.0.1:5", False, None, id="this machine"),
        pytest.param(OFFICIAL, "https://[", False, None, id="no address"),
        pytest.param(OFFICIAL, "https://x.example", True, b"x.example", id="allowed by the user"),
        pytest.param(LOCAL, "http://localhost:5", False, b"localhost:5", id="a stand-in"),
        pytest.param(LOCAL, "https://us.chatgpt.com", False, None, id="from loopback outwards"),
    ],
)
def test_where_tokens_may_go(
    base: str, origin: str, allow_custom: bool, host: bytes | None
) -> None:
    known = base_of(base, allow_custom=False)
    assert isinstance(known, Base)
    found = at_origin(known, origin, allow_custom=allow_custom)
    assert (found and found.host) == host
    assert found is None or found.path == b"/backend-api"
