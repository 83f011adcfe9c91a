"""Signing in with a real browser, three ways; then the real Codex works through the account."""

import json
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.standin.people import PASSWORD, Login, make_person
from core.standin.server import StandIn
from core.standin.world import Account
from tests.fakes.chromium import Chromium
from tests.fakes.codex import Codex
from tests.journeys.turntable import Begun, Turntable

pytestmark = pytest.mark.codex

CY = make_person("C", user="user-cy", email="cy@example.com", workspace="acct-cy")
CALLBACK = "http://127.0.0.1:14"


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Chromium]:
    async with Chromium(tmp_path) as browser:
        yield browser


@pytest.fixture
def opened(tmp_path: Path, turntable: Turntable, back_end: StandIn) -> Path:
    """Where the system's default browser writes down what it was asked to open; Cy may sign in."""
    back_end.enrol(CY, Account(person=CY, workspace_name="Personal"))
    program, log = tmp_path / "bin" / "browser", tmp_path / "opened"
    program.write_text(f'#!/bin/sh\necho "$1" >> {log}\n')
    program.chmod(0o755)
    turntable.env["BROWSER"] = str(program)
    return log


async def page_of(login: Begun) -> str:
    """The address that the sign-in shows."""
    line = await login.line()
    assert line.startswith("Sign in on this page: http"), line
    return line.rpartition(" ")[2]


async def sign_in(browser: Chromium, url: str, user: str) -> None:
    """As a person does on the issuer's page."""
    await browser.open(url)
    await browser.fill("#user", user)
    await browser.fill("#pw", PASSWORD)
    await browser.click("#go")


def refreshes(back_end: StandIn) -> int:
    """How many refresh tokens were presented, by whomever."""
    bodies = [r.body for r in back_end.requests if r.path == "/oauth/token"]
    return sum(b"refresh_token" in body and b"authorization_code" not in body for body in bodies)


async def test_a_browser_signs_in_and_codex_works_through_the_account(
    turntable: Turntable,
    signed_in_codex: Codex,
    back_end: StandIn,
    browser: Chromium,
    opened: Path,
) -> None:
    codex_login = signed_in_codex.auth.read_bytes()
    async with turntable.serve(), turntable.begun("login", "--label", "Work") as login:
        url = await page_of(login)
        await sign_in(browser, url, "C")
        assert "Signed in" in await browser.see("#signed-in")
        assert (await browser.address()).endswith("/result"), "and no token in the address"
        ran = await login.ended()
        assert ran.exit_code == 0, ran.stderr
        assert ran.stdout.startswith("Signed in: #1 Work (plus).\n")
        assert opened.read_text().split() == [url]
        await turntable.done("bind")
        run = await signed_in_codex.exec("say hi")
        assert (run.answers, run.errors) == (("Hello from C.",), ())
    assert [turn.account for turn in back_end.turns()] == ["C"]
    assert signed_in_codex.auth.read_bytes() == codex_login, "Codex's own login is its own"
    assert not any(family.revoked for family in back_end.issuer.families)
    # A browser asks for an icon by itself, and says more of itself than a program may.
    assert [one for one in back_end.violations if one.target != "/favicon.ico"] == []


async def test_a_token_that_ends_is_renewed_before_and_codex_sees_nothing(
    turntable: Turntable,
    signed_in_codex: Codex,
    back_end: StandIn,
    browser: Chromium,
    opened: Path,
) -> None:
    back_end.issuer.set_life("C", timedelta(minutes=4))
    async with turntable.serve():
        async with turntable.begun("login") as login:
            await sign_in(browser, await page_of(login), "C")
            assert (await login.ended()).exit_code == 0
        await turntable.done("bind")
        back_end.issuer.set_life("C", timedelta(hours=1))
        assert (await signed_in_codex.exec("say hi")).errors == ()
        await back_end.until(lambda: refreshes(back_end) == 1)
        back_end.issuer.expire_access("C")
        run = await signed_in_codex.exec("say hi again")
        assert (run.answers, run.errors) == (("Hello from C.",), ())
        assert refreshes(back_end) == 2
        states = [one["state"] for one in (await turntable.done("accounts"))["accounts"]]
        assert states == ["ready"]
    (family,) = back_end.issuer.families_of("C")
    assert (family.reuses, family.revoked) == (0, False)


async def test_a_code_typed_in_a_browser_signs_in_without_a_running_turntable(
    turntable: Turntable, back_end: StandIn, browser: Chromium, opened: Path
) -> None:
    async with turntable.begun("login", "--device", "--json", "--no-open") as login:
        step = json.loads(await login.line())
        assert step["step"] == "type_code"
        await browser.open(step["url"])
        await browser.fill("#code", step["user_code"])
        await browser.fill("#user", "C")
        await browser.fill("#pw", PASSWORD)
        await browser.click("#go")
        await browser.see("#done")
        ran = await login.ended()
    steps = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["step"] for one in steps] == ["redeeming", "joined"]
    assert (steps[-1]["outcome"], steps[-1]["label"]) == ("added", "cy")
    assert not opened.exists()
    (account,) = (await turntable.done("accounts"))["accounts"]
    assert (account["refresher"], account["state"]) == ("turntable", "ready")


async def test_an_address_that_a_browser_elsewhere_ended_at_is_pasted(
    turntable: Turntable, browser: Chromium, opened: Path
) -> None:
    async with turntable.begun("login", "--paste") as login:
        await sign_in(browser, await page_of(login), "C")
        await login.type(await browser.ended_at(CALLBACK))
        ran = await login.ended()
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.startswith("Signed in: #1 cy (plus).\n")
    assert not opened.exists()


async def test_who_says_no_on_the_page_is_told_so_in_both_places(
    turntable: Turntable, browser: Chromium, opened: Path
) -> None:
    async with turntable.begun("login", TURNTABLE_NO_BROWSER="1") as login:
        await browser.open(await page_of(login))
        await browser.click("#deny")
        assert "not signed in" in await browser.see("#failed")
        ran = await login.ended()
    assert ran.exit_code == 4
    assert "error: The issuer did not sign you in (access_denied)" in ran.stderr
    assert not opened.exists()
    assert (await turntable.done("accounts"))["accounts"] == []


async def test_one_after_the_other_until_the_person_stops(
    turntable: Turntable,
    back_end: StandIn,
    browser: Chromium,
    opened: Path,
    people: dict[str, Login],
) -> None:
    async with turntable.serve(), turntable.begun("login", "--several") as login:
        for user, said in (("C", "Signed in: #1 cy"), ("A", "Signed in: #2 ")):
            await sign_in(browser, await page_of(login), user)
            while not (line := await login.line()).startswith("Signed in:"):
                assert line, "it ended before"
            assert line.startswith(said)
            if user == "C":
                # The first account comes with the code that opens the logins in an emergency.
                assert (await login.line()).startswith("Recovery code: ")
                await login.line()
        await page_of(login)
        login.process.send_signal(signal.SIGINT)
        assert (await login.ended()).exit_code == 0


async def test_signing_out_with_revoke_ends_the_login_at_the_issuer(
    turntable: Turntable, back_end: StandIn, browser: Chromium, opened: Path
) -> None:
    async with turntable.begun("login", "--paste") as login:
        await sign_in(browser, await page_of(login), "C")
        await login.type(await browser.ended_at(CALLBACK))
        assert (await login.ended()).exit_code == 0
    async with turntable.serve():
        await turntable.done("logout", "cy", "--revoke")
        (account,) = (await turntable.done("accounts"))["accounts"]
    assert (account["state"], account["because"]) == ("needs_sign_in", "You signed out of it.")
    assert [r.account for r in back_end.requests if r.path == "/oauth/revoke"] == ["C"]


async def test_two_sign_ins_at_once_do_not_take_each_others_answers(
    turntable: Turntable, back_end: StandIn, browser: Chromium, opened: Path, tmp_path: Path
) -> None:
    back_end.enrol(make_person("D", user="user-dee", email="dee@example.com", workspace="acct-d"))
    async with (
        turntable.serve(),
        turntable.begun("login") as one,
        turntable.begun("login") as other,
        Chromium(tmp_path / "of-dee") as browser_of_dee,
    ):
        first, second = await page_of(one), await page_of(other)
        for page, url, user in ((browser_of_dee, second, "D"), (browser, first, "C")):
            await sign_in(page, url, user)
            await page.see("#signed-in")
        assert (await other.ended()).stdout.startswith("Signed in: #1 dee")
        assert (await one.ended()).stdout.startswith("Signed in: #2 cy")
