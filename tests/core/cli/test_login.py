"""`turntable login` at a terminal and for scripts: what it shows, opens, asks and leaves."""

import io
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.cli.login import NO_BROWSER, run_login
from core.domain.errors import CoreError, ExitCode
from core.standin.people import make_person
from core.standin.server import StandIn
from tests.core.oauth.browser import Browser
from tests.journeys.turntable import Turntable

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def back_end() -> AsyncIterator[StandIn]:
    async with StandIn(now=lambda: datetime.now(UTC)) as back_end:
        back_end.enrol(make_person("A"))
        yield back_end


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    browser = Browser()
    yield browser
    await browser.close()


@pytest.fixture
def turntable(tmp_path: Path, back_end: StandIn) -> Turntable:
    """A user without a desktop, whose browser writes down what it is asked to open."""
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    program.chmod(0o755)
    return Turntable(
        tmp_path / "turntable",
        {
            "HOME": str(tmp_path),
            "BROWSER": str(program),
            "TURNTABLE_PASSPHRASE": "a fake passphrase",
            "TURNTABLE_UPSTREAM_BASE_URL": back_end.base_url,
            "TURNTABLE_UPSTREAM_AUTH_URL": back_end.auth_url,
        },
    )


async def test_for_a_script_every_step_is_a_line_of_json(
    turntable: Turntable, browser: Browser
) -> None:
    async with turntable.begun("login", "--paste", "--json") as login:
        step = json.loads(await login.line())
        assert (step["step"], step["session"] is not None) == ("visit", True)
        await login.type(await browser.returned_to(step["url"], "A"))
        ran = await login.ended()
    steps = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["step"] for one in steps] == ["redeeming", "joined"]
    assert steps[-1]["session"] is None
    assert ran.exit_code == 0


async def test_without_a_browser_the_address_is_shown_and_nothing_opened(
    turntable: Turntable, browser: Browser, tmp_path: Path
) -> None:
    async with turntable.begun("login", **{NO_BROWSER: "1"}) as login:
        line = await login.line()
        page = await browser.sign_in(line.rpartition(" ")[2], "A")
        assert 'id="signed-in"' in page.text
        assert (await login.ended()).exit_code == 0
    assert not (tmp_path / "opened").exists()


async def test_an_end_of_input_is_no_address(turntable: Turntable) -> None:
    async with turntable.begun("login", "--paste") as login:
        await login.line()
        assert login.process.stdin is not None
        login.process.stdin.close()
        ran = await login.ended()
    assert ran.exit_code == ExitCode.USAGE
    assert "error: What was pasted holds no code." in ran.stderr


async def test_without_a_keyring_and_a_passphrase_nobody_is_sent_to_the_issuer(
    turntable: Turntable, back_end: StandIn
) -> None:
    del turntable.env["TURNTABLE_PASSPHRASE"]
    ran = await turntable.run("login", "--paste", DBUS_SESSION_BUS_ADDRESS="unix:path=/nobody")
    assert ran.exit_code == ExitCode.LOCKED
    assert back_end.requests == ()


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may be asked; they type two passphrases that differ."""
    typed = iter(("one fake passphrase", "another"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))


@pytest.mark.usefixtures("at_a_terminal")
def test_where_a_passphrase_is_missing_the_person_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nobody")
    environment = {"TURNTABLE_HOME": str(tmp_path / "turntable")}
    with pytest.raises(CoreError, match="The two passphrases differ"):
        run_login(environment, None, {"paste": True}, as_json=False, out=io.StringIO())
