"""The issuer is good enough for the real client: `codex login` signs in against it."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from core.standin.people import PASSWORD, make_person
from core.standin.script import Denies, Endpoint
from core.standin.server import StandIn
from tests.fakes.codex import Codex
from tests.fakes.codex_app_server import AppServer
from tests.fakes.process import die_with_parent

pytestmark = [pytest.mark.codex, pytest.mark.timeout(60)]
PERSON = make_person("Ada")


@pytest.fixture
async def back_end(codex: Codex) -> AsyncIterator[StandIn]:
    """On the machine's time, and where Codex looks for its issuer."""
    async with StandIn(now=lambda: datetime.now(UTC)) as back_end:
        back_end.enrol(PERSON)
        codex.meet(("127.0.0.1", back_end.port), "chatgpt.com", "auth.openai.com")
        yield back_end


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield http


@asynccontextmanager
async def _running(
    codex: Codex, *arguments: str, **env: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Codex with what it prints on one pipe, and what it is told on another."""
    process = await asyncio.create_subprocess_exec(
        codex.binary,
        *arguments,
        env=codex.env | env,
        cwd=codex.work,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if arguments[0] == "login" else subprocess.DEVNULL,
        preexec_fn=die_with_parent,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _printed(process: asyncio.subprocess.Process, pattern: str) -> str:
    """What Codex prints, up to a match."""
    assert process.stdout is not None
    text = ""
    async with asyncio.timeout(20):
        while (found := re.search(pattern, text)) is None:
            line = await process.stdout.readline()
            assert line, text
            text += line.decode()
    return found[0]


async def _address(process: asyncio.subprocess.Process, back_end: StandIn) -> str:
    """The sign-in page that Codex would open."""
    printed = urlsplit(await _printed(process, r"https://auth\S+\n"))
    return f"{back_end.auth_url}{printed.path}?{printed.query.strip()}"


async def test_codex_signs_in_with_a_browser(
    codex: Codex, back_end: StandIn, http: httpx.AsyncClient
) -> None:
    async with _running(codex, "login") as process:
        address = await _address(process, back_end)
        form = {"user": "Ada", "password": PASSWORD}
        landed = await http.post(address, data=form, follow_redirects=True)
        assert landed.url.path == "/success"
        assert await process.wait() == 0
    (family,) = back_end.issuer.families_of("Ada")
    assert family.login.refresh_token in codex.auth.read_text()
    assert [one.status for one in back_end.requests if one.path == "/oauth/token"] == [200, 401]
    assert back_end.violations == []


async def test_codex_is_told_that_a_workspace_has_no_codex(
    codex: Codex, back_end: StandIn, http: httpx.AsyncClient
) -> None:
    denies = Denies(description="missing_codex_entitlement")
    back_end.next("Ada", denies, on=Endpoint.AUTHORIZE)
    async with _running(codex, "login") as process:
        address = await _address(process, back_end)
        form = {"user": "Ada", "password": PASSWORD}
        landed = await http.post(address, data=form, follow_redirects=True)
        assert "get access to Codex" in landed.text
        assert await process.wait() == 1
    assert not codex.auth.exists()


async def test_codex_signs_in_with_a_device_code(codex: Codex, back_end: StandIn) -> None:
    back_end.devices.interval = timedelta(seconds=1)
    async with _running(codex, "login", "--device-auth") as process:
        user_code = await _printed(process, r"FAKE-\d+")
        await back_end.until(
            lambda: any(one.path.endswith("deviceauth/token") for one in back_end.requests)
        )
        back_end.confirm_device(user_code, "Ada")
        assert await process.wait() == 0
    (family,) = back_end.issuer.families_of("Ada")
    assert family.login.refresh_token in codex.auth.read_text()
    assert back_end.violations == []


async def test_codex_signs_in_at_the_issuer_of_its_environment(
    codex: Codex, back_end: StandIn, http: httpx.AsyncClient
) -> None:
    issuer = {"CODEX_APP_SERVER_LOGIN_ISSUER": back_end.auth_url}
    async with _running(codex, "app-server", **issuer) as process:
        server = AppServer(process)
        await server.initialize()
        started = await server.request("account/login/start", {"type": "chatgpt"})
        assert started["authUrl"].startswith(f"{back_end.auth_url}/oauth/authorize?")
        form = {"user": "Ada", "password": PASSWORD}
        await http.post(started["authUrl"], data=form, follow_redirects=True)
        completed = await server.notification("account/login/completed")
        assert completed["success"]
    assert len(back_end.issuer.families_of("Ada")) == 1
    assert back_end.violations == []
