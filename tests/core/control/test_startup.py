"""The verb `startup`: one of tray and server starts at login, and what is there is said."""

from pathlib import Path

import pytest

from core.app import App
from core.control.verb import Arguments
from core.control.verbs.startup import startup
from core.runtime.paths import Home
from core.startup.entry import Kind, Standing
from core.startup.launcher import launcher_of
from core.words.speech import english
from tests.fakes.clock import FakeClock


def app_at(folder: Path, clock: FakeClock, **environment: str) -> App:
    return App(
        home=Home(root=folder / "t"),
        environment={"PATH": "", **environment},
        user_home=folder,
        clock=clock,
        speech=english(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t").mkdir()
    return tmp_path


async def standings(app: App, action: str, **arguments: bool) -> dict[Kind, Standing]:
    answer = await startup(app, Arguments({"action": action, **arguments}))
    return {entry.kind: entry.standing for entry in answer.entries}


async def test_where_there_is_a_desktop_the_tray_starts(folder: Path, clock: FakeClock) -> None:
    app = app_at(folder, clock, DISPLAY=":0")
    answer = await startup(app, Arguments({"action": "enable"}))
    assert (answer.enabled, answer.changed) == (True, True)
    assert answer.messages[0].startswith("The tray app starts at login: ")
    assert not (await startup(app, Arguments({"action": "enable"}))).changed


async def test_without_one_or_by_wish_the_server_starts_and_the_tray_no_more(
    folder: Path, clock: FakeClock
) -> None:
    desktop, remote = app_at(folder, clock, DISPLAY=":0"), app_at(folder, clock)
    await standings(desktop, "enable")
    assert await standings(remote, "enable") == {
        Kind.DESKTOP: Standing.ABSENT,
        Kind.SERVER: Standing.READY,
        Kind.GUARD: Standing.ABSENT,
    }
    assert (await standings(desktop, "enable", serve=True))[Kind.SERVER] is Standing.READY
    assert set((await standings(desktop, "disable")).values()) == {Standing.ABSENT}
    assert not launcher_of(folder / "t").exists()


async def test_a_launcher_that_finds_nothing_is_broken(folder: Path, clock: FakeClock) -> None:
    app = app_at(folder, clock, DISPLAY=":0")
    await standings(app, "enable")
    launcher_of(folder / "t").write_text("#!/bin/sh\nexit 127\n")
    assert (await standings(app, "status"))[Kind.DESKTOP] is Standing.BROKEN
    answer = await startup(app, Arguments({"action": "status"}))
    assert not answer.enabled
    assert "makes it anew" in answer.messages[0]


async def test_to_look_changes_nothing(folder: Path, clock: FakeClock) -> None:
    app = app_at(folder, clock)
    answer = await startup(app, Arguments({"action": "status"}))
    assert not answer.enabled
    assert [p for p in folder.rglob("*") if p.is_file()] == []
