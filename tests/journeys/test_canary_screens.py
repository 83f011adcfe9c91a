"""A sign-in in a real browser, turns of the real Codex, every screen of the tray: no secret left.

What is looked at: each file below the data folder, what every program wrote to its streams, the
browser's pages, the tray's menu as a panel reads it, its windows as a screen reader reads them, and
what Codex keeps of its own.
"""

import asyncio
import json
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from core.standin.people import PASSWORD, Login, make_person
from core.standin.server import StandIn
from core.standin.world import Account
from tests.fakes.chromium import Chromium
from tests.fakes.codex import Codex, CodexRun
from tests.fakes.desktop import Desktop
from tests.fakes.tray_host import TrayHost
from tests.journeys.canary import PIECE, Journey, files_below, served
from tests.journeys.tray import tray_program
from tests.tray.test_accessibility import Node, read
from tests.tray.test_tray import focus, windows

pytestmark = [pytest.mark.codex, pytest.mark.desktop]

PAGES = range(1, 7)
CY = make_person("C", user="user-cy", email="cy@example.com", workspace="acct-cy")


@pytest.fixture
def journey(tmp_path: Path, back_end: StandIn, free_port: int, signed_in_codex: Codex) -> Journey:
    """A real Codex with a login of its own; Cy may sign in on the issuer's page."""
    back_end.enrol(CY, Account(person=CY, workspace_name="Personal"))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "codex").symlink_to(signed_in_codex.binary)
    env = signed_in_codex.env
    return Journey(
        tmp_path,
        back_end,
        free_port,
        codex_home=signed_in_codex.home,
        env=env | {"PATH": f"{programs}:{env['PATH']}", "TURNTABLE_NO_BROWSER": "1"},
    )


async def sign_in(journey: Journey, browser: Chromium) -> None:
    """In the browser; from then on code, verifier and tokens are canaries, wherever they stand."""
    turntable, back_end = journey.turntable, journey.back_end
    async with turntable.begun("login", "--label", "Work", "--json") as login:
        step = await login.line()
        await browser.open(json.loads(step)["url"])
        await browser.fill("#user", "C")
        await browser.fill("#pw", PASSWORD)
        await browser.click("#go")
        journey.said["the page at the end"] = (await browser.see("#signed-in")).encode()
        journey.said["its address"] = (await browser.address()).encode()
        ran = await login.ended()
    assert ran.exit_code == 0, ran.stderr
    # It is shown once, and from then on it is a secret like the others.
    recovery_code = json.loads(ran.stdout.splitlines()[-1])["recovery_code"]
    journey.canaries.add("the recovery code", recovery_code)
    journey.said["login"] = (step + ran.stdout.replace(recovery_code, "") + ran.stderr).encode()
    (exchange,) = (r for r in back_end.requests if b"authorization_code" in r.body)
    sent = dict(parse_qsl(exchange.body.decode()))
    for name in ("code", "code_verifier"):
        journey.canaries.add(name, sent[name])
    watch_cy(journey)


def watch_cy(journey: Journey) -> None:
    """Every token that the issuer has given Cy so far."""
    for family in journey.back_end.issuer.families_of("C"):
        journey.watch(family.login)


async def turns(journey: Journey, codex: Codex) -> None:
    """The real Codex, served; then served by a login that had to be renewed."""
    await journey.do("bind")
    journey.canaries.add("the bind secret", journey.bind_secret)
    keep(journey, "codex", await codex.exec("say hi"))
    journey.back_end.issuer.expire_access("C")
    keep(journey, "codex again", await codex.exec("say hi again"))
    watch_cy(journey)
    assert [turn.account for turn in journey.back_end.turns()] == ["C", "C"]


def keep(journey: Journey, words: str, run: CodexRun) -> None:
    assert run.errors == ()
    journey.said[words] = (run.stdout + run.stderr).encode()


async def screens(journey: Journey, desktop: Desktop) -> None:
    """The menu over D-Bus, then each page and the panel as a screen reader is told them."""
    # The bus of the assistive technologies starts when it is first asked for.
    with_reader = Path(__file__).parents[1] / "tray" / "read_screen.py"
    subprocess.run(
        ["/usr/bin/python3", str(with_reader), "nobody", "0.1"],
        env=desktop.env, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    async with (
        TrayHost(desktop.bus_address) as host,
        tray_program(journey.turntable, desktop) as streams,
    ):
        item = await host.wait_for_item(timeout_s=30)
        menu = (await item.menu()).text()
        assert "Work" in menu
        journey.said["the tray's menu"] = menu.encode()
        journey.said["the tray's tooltip"] = " ".join(await item.tooltip()).encode()
        await journey.turntable.run("show")
        await asyncio.to_thread(desktop.wait_until, lambda: bool(windows(desktop)), "the window")
        for page in PAGES:
            focus(desktop)
            desktop.run("xdotool", "key", f"ctrl+{page}")
            journey.said[f"page {page}"] = spoken(await asyncio.to_thread(read, desktop))
        assert b"Work" in journey.said["page 1"]
        assert len({journey.said[f"page {page}"] for page in PAGES}) == len(PAGES)
        await journey.turntable.run("panel")
        journey.said["panel"] = spoken(await asyncio.to_thread(read, desktop))
    journey.said["tray"] = streams.written


def spoken(root: Node) -> bytes:
    """Everything that a screen reader may say."""
    return "\n".join(f"{node.name}\n{node.description}" for node in root.walk()).encode()


@pytest.mark.timeout(240)
async def test_no_screen_page_or_run_of_codex_shows_a_piece_of_a_secret(
    journey: Journey,
    signed_in_codex: Codex,
    people: dict[str, Login],
    desktop: Desktop,
    tmp_path: Path,
) -> None:
    journey.watch(people["A"])
    async with served(journey):
        async with Chromium(tmp_path) as browser:
            await sign_in(journey, browser)
        await turns(journey, signed_in_codex)
        await screens(journey, desktop)
        await journey.do("logout", "Work", "--revoke")
    await journey.do("unbind")
    assert journey.leaks() == []
    # Codex keeps its own login and, while bound, our address; of our logins it knows nothing.
    codex_keeps = files_below(signed_in_codex.home)
    assert {"auth.json"} <= set(codex_keeps)
    ours = [leak for leak in journey.canaries.found(codex_keeps) if "C's" in leak]
    assert ours == []
    assert sum(len(said) for said in journey.said.values()) > 200 * PIECE
