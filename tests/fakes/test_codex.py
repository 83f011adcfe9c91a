"""The real Codex runs here, logged in by us, and its world ends at loopback."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.codex import Codex
from tests.fakes.codex_app_server import AppServerError
from tests.fakes.connect_proxy import Address, Authority

pytestmark = pytest.mark.codex


def _token() -> str:
    claims = {
        "exp": 4_102_444_800,
        "email": "fake-a@example.com",
        "https://api.openai.com/auth": {
            "chatgpt_account_id": "fake-account-A",
            "chatgpt_plan_type": "plus",
            "chatgpt_user_id": "fake-user-A",
        },
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*coded, b"c2ln"]).decode()


def _login() -> dict[str, Any]:
    return {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {
            "id_token": _token(),
            "access_token": _token(),
            "refresh_token": "fake-refresh-A-1",
            "account_id": "fake-account-A",
        },
        "last_refresh": "2026-03-02T09:00:00Z",
    }


_LIMITED = {
    "error": {"type": "usage_limit_reached", "message": "limited", "resets_in_seconds": 3600}
}
_WORKSPACE = {
    "id": "fake-account-A",
    "workspace_backend_origin": "NO_CONSTRAINT",
    "account_routing_override": "NO_CONSTRAINT",
}


class _CannedBackEnd:
    """Knows the one account, has nothing left for it, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            method, target, _ = head.split("\r\n", 1)[0].split(" ")
            path = target.partition("?")[0]
            self.asked.append(f"{method} {path}")
            status, answer = self._answer(path, upgrade="upgrade: websocket" in head.lower())
            body = json.dumps(answer).encode()
            fields = f"content-type: application/json\r\ncontent-length: {len(body)}"
            writer.write(
                f"HTTP/1.1 {status}\r\n{fields}\r\nconnection: close\r\n\r\n".encode() + body
            )
            await writer.drain()
        finally:
            writer.close()

    def _answer(self, path: str, *, upgrade: bool) -> tuple[str, object]:
        match path:
            case "/backend-api/wham/accounts/check":
                return "200 OK", {"accounts": [_WORKSPACE]}
            case "/backend-api/codex/responses" if upgrade:
                return "426 Upgrade Required", {}
            case "/backend-api/codex/responses":
                return "429 Too Many Requests", _LIMITED
            case _:
                return "404 Not Found", {}


@pytest.fixture
async def back_end() -> AsyncIterator[tuple[_CannedBackEnd, Address]]:
    canned = _CannedBackEnd()
    server = await asyncio.start_server(canned.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield canned, (host, port)
    server.close()


async def test_program_is_the_pinned_one(codex: Codex) -> None:
    run = await codex.run("--version")
    assert (run.exit_code, run.stdout) == (0, "codex-cli 0.169.0\n")


async def test_without_a_back_end_it_reaches_nobody_and_says_so(codex: Codex) -> None:
    codex.log_in(_login())
    async with codex.app_server() as server:
        with pytest.raises(AppServerError, match="routing discovery failed"):
            await server.request("account/read", {"refreshToken": False})
    assert codex.proxy.opened == []
    assert set(codex.proxy.refused) == {"chatgpt.com:443"}


async def test_one_turn_asks_for_its_login_at_our_edge_and_for_the_answer_at_the_address_given(
    codex: Codex, back_end: tuple[_CannedBackEnd, Address]
) -> None:
    canned, (host, port) = back_end
    codex.log_in(_login())
    codex.meet((host, port))
    address = f"http://{host}:{port}/backend-api/codex"
    run = await codex.exec("say hi", config={"openai_base_url": f'"{address}"'})
    assert run.exit_code == 1
    assert any("hit your usage limit" in error for error in run.errors)
    assert run.answers == ()
    assert canned.asked.count("POST /backend-api/codex/responses") == 1
    assert "GET /backend-api/wham/accounts/check" in canned.asked
    assert set(codex.proxy.opened) == {"chatgpt.com"}
    assert codex.proxy.refused == []


async def test_app_server_tells_whose_login_it_uses_and_what_it_heard_meanwhile(
    codex: Codex, back_end: tuple[_CannedBackEnd, Address]
) -> None:
    _canned, address = back_end
    codex.log_in(_login())
    codex.meet(address)
    async with codex.app_server() as server:
        read = await server.request("account/read", {"refreshToken": False})
        assert read["account"]["email"] == "fake-a@example.com"
        assert (await server.notification("account/updated"))["planType"] == "plus"
        with pytest.raises(AppServerError, match="no/such") as refused:
            await server.request("no/such")
        assert refused.value.code == -32600


async def test_login_file_is_readable_by_its_owner_only(codex: Codex) -> None:
    codex.log_in(_login())
    assert codex.auth.stat().st_mode & 0o777 == 0o600


async def test_program_that_does_not_end_is_killed_with_all_that_it_started(
    tmp_path: Path, authority: Authority
) -> None:
    # The child in the background holds our pipe open: we return only when it is dead, too.
    async with Codex(Path("/bin/sh"), tmp_path / "codex", authority) as never_ending:
        with pytest.raises(TimeoutError):
            await never_ending.run("-c", "sleep 600 & wait", timeout_s=0.1)
