"""The real Codex runs here, logged in by us, and its world ends at loopback."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.runtime.clock import SystemClock
from core.standin.people import Login, make_login
from core.standin.server import StandIn
from tests.codex_binary import VERSION
from tests.fakes.codex import Codex
from tests.fakes.codex_app_server import AppServerError
from tests.fakes.connect_proxy import Authority

pytestmark = pytest.mark.codex


@pytest.fixture
def login() -> Login:
    return make_login("A")


@pytest.fixture
async def back_end(codex: Codex, login: Login) -> AsyncIterator[StandIn]:
    """Knows the one account; Codex is signed in to it and meets it at the edge."""
    async with StandIn(now=SystemClock().now) as back_end:
        back_end.add(login)
        codex.log_in(login.auth_json)
        codex.meet(("127.0.0.1", back_end.port))
        yield back_end


def _paths(back_end: StandIn) -> list[str]:
    return [request.path.partition("?")[0] for request in back_end.requests]


async def test_program_is_the_pinned_one(codex: Codex) -> None:
    run = await codex.run("--version")
    assert (run.exit_code, run.stdout) == (0, f"codex-cli {VERSION}\n")


async def test_without_a_back_end_it_reaches_nobody_and_says_so(codex: Codex, login: Login) -> None:
    codex.log_in(login.auth_json)
    async with codex.app_server() as server:
        with pytest.raises(AppServerError, match="routing discovery failed"):
            await server.request("account/read", {"refreshToken": False})
    assert codex.proxy.opened == []
    assert set(codex.proxy.refused) == {"chatgpt.com:443"}


async def test_unbound_turn_goes_through_our_edge_and_is_answered(
    codex: Codex, back_end: StandIn
) -> None:
    run = await codex.exec("say hi")
    assert (run.exit_code, run.answers, run.errors) == (0, ("Hello from A.",), ())
    assert "/backend-api/codex/responses" in _paths(back_end)
    assert set(codex.proxy.opened) == {"chatgpt.com"}
    # Codex tries its telemetry as well, when it has the time.
    assert set(codex.proxy.refused) <= {"ab.chatgpt.com:443"}


async def test_bound_turn_asks_only_about_its_login_at_our_edge(
    codex: Codex, back_end: StandIn
) -> None:
    async with StandIn(now=SystemClock().now) as bound:
        bound.add(make_login("A"))
        address = f'"{bound.base_url}/codex"'
        run = await codex.exec("say hi", config={"openai_base_url": address})
        assert run.exit_code == 0, run.stderr
        assert "/backend-api/codex/responses" in _paths(bound)
    assert "/backend-api/wham/accounts/check" in _paths(back_end)
    assert "/backend-api/codex/responses" not in _paths(back_end)


async def test_what_a_user_reads_when_nothing_is_left_is_in_the_errors(
    codex: Codex, back_end: StandIn
) -> None:
    back_end.limit("A", until=SystemClock().now() + timedelta(hours=2))
    run = await codex.exec("say hi")
    assert run.exit_code == 1
    assert run.answers == ()
    assert any("hit your usage limit" in error for error in run.errors)


async def test_app_server_tells_whose_login_it_uses_and_what_it_heard_meanwhile(
    codex: Codex, back_end: StandIn, login: Login
) -> None:
    del back_end
    async with codex.app_server() as server:
        read = await server.request("account/read", {"refreshToken": False})
        assert read["account"]["email"] == login.person.email
        assert (await server.notification("account/updated"))["authMode"] == "chatgpt"
        with pytest.raises(AppServerError, match="no/such") as refused:
            await server.request("no/such")
        assert refused.value.code == -32600


async def test_login_file_is_readable_by_its_owner_only(codex: Codex, login: Login) -> None:
    codex.log_in(login.auth_json)
    assert codex.auth.stat().st_mode & 0o777 == 0o600


async def test_program_that_does_not_end_is_killed_with_all_that_it_started(
    tmp_path: Path, authority: Authority
) -> None:
    # The child in the background holds our pipe open: we return only when it is dead, too.
    async with Codex(Path("/bin/sh"), tmp_path / "codex", authority) as never_ending:
        with pytest.raises(TimeoutError):
            await never_ending.run("-c", "sleep 600 & wait", timeout_s=0.1)
