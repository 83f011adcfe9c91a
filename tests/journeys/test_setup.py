"""`turntable setup`: from nothing to a routed Codex in one go, and again without harm."""

import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.standin.people import PASSWORD, make_person
from core.standin.server import StandIn
from core.standin.world import Account
from tests.fakes.chromium import Chromium
from tests.fakes.codex import Codex
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.codex

CY = make_person("C", user="user-cy", email="cy@example.com", workspace="acct-cy")


@pytest.fixture
async def fresh(turntable: Turntable, back_end: StandIn) -> AsyncIterator[Turntable]:
    """Nobody has signed in yet; Cy may. What setup leaves running ends with the test."""
    back_end.enrol(CY, Account(person=CY, workspace_name="Personal"))
    turntable.env["TURNTABLE_BIND_WATCH"] = "true"
    yield turntable
    await turntable.run("stop")
    with suppress(ProcessLookupError, FileNotFoundError, IndexError):
        os.kill(turntable.guard, signal.SIGKILL)


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Chromium]:
    async with Chromium(tmp_path) as browser:
        yield browser


async def test_one_command_signs_in_routes_codex_and_starts_at_login(
    fresh: Turntable, signed_in_codex: Codex, browser: Chromium
) -> None:
    async with fresh.begun("setup", "--device", "--yes") as setup:
        told = []
        while not (line := await setup.line()).startswith("Open "):
            assert line, (await setup.ended()).stderr
            told.append(line)
        assert any("openai_base_url" in one for one in told), "the change is shown before"
        shown = re.fullmatch(r"Open (\S+) and type (\S+); it counts until .*", line)
        assert shown is not None, line
        page, code = shown.groups()
        await browser.open(page)
        await browser.fill("#code", code)
        await browser.fill("#user", "C")
        await browser.fill("#pw", PASSWORD)
        await browser.click("#go")
        await browser.see("#done")
        ran = await setup.ended()
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    status = await fresh.done("status")
    assert (status["running"], status["bind"]["state"]) == (True, "bound")
    assert status["vault"]["locked"] is False
    assert (await fresh.done("startup", "status"))["enabled"] is True
    run = await signed_in_codex.exec("say hi")
    assert (run.answers, run.errors) == (("Hello from C.",), ())

    again = await fresh.run("setup", "--yes")
    assert (again.exit_code, again.stderr) == (0, "")
    assert "Codex is routed through Turntable already." in again.stdout


@pytest.mark.usefixtures("imported")
async def test_without_startup_and_with_accounts_it_only_routes(
    fresh: Turntable, codex: Codex
) -> None:
    ran = await fresh.run("setup", "--yes", "--no-startup")
    assert ran.exit_code == 0, ran.stderr
    assert b"openai_base_url" in codex.config.read_bytes()
    assert (await fresh.done("startup", "status"))["enabled"] is False


async def test_where_nobody_can_be_asked_nothing_is_changed(fresh: Turntable, codex: Codex) -> None:
    ran = await fresh.run("setup")
    assert ran.exit_code == 2
    assert "--yes" in ran.stderr
    assert not codex.config.exists()
    assert not (await fresh.done("status"))["running"]
