"""Codex's desktop app is found, asked to quit and opened: with a stand-in that bears its id."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain.errors import CoreError
from core.switch.desktop_app import CommandedApp, LinuxApp, mac_app, quit_app, windows_app
from core.switch.receipt import Receipt, Result, Step
from core.switch.reopening import reopened
from tests.fakes.codex_app import CodexApp

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[CodexApp]:
    standin = CodexApp(tmp_path, tmp_path / "share")
    yield standin
    standin.close()


@pytest.fixture
def app(tmp_path: Path) -> LinuxApp:
    env = {
        "PATH": os.environ["PATH"],
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "XDG_DATA_DIRS": str(tmp_path / "nothing"),
    }
    return LinuxApp(env, tmp_path)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


async def opened(app: LinuxApp, standin: CodexApp) -> None:
    count = len(standin.opened)
    app.open()
    await until(lambda: len(standin.opened) > count)


async def test_it_is_opened_and_quits_when_it_is_asked(app: LinuxApp, standin: CodexApp) -> None:
    assert app.place() == str(standin.entry)
    assert not await quit_app(app), "it is not open"
    await opened(app, standin)
    assert await app.is_running()
    assert await quit_app(app)
    assert not await app.is_running()
    assert not standin.lives()


async def test_another_program_of_the_same_interpreter_is_left_alone(
    tmp_path: Path, app: LinuxApp, standin: CodexApp
) -> None:
    runner = shutil.which("sleep")
    assert runner is not None
    standin.entry.write_text(f"[Desktop Entry]\nExec={runner} 301 %U\n")
    neighbour = await asyncio.create_subprocess_exec(runner, "302")
    ours = await asyncio.create_subprocess_exec(runner, "301")
    try:
        await app.ask_to_quit()
        assert await ours.wait() == -signal.SIGTERM
        assert not await app.is_running()
        assert neighbour.returncode is None
    finally:
        neighbour.kill()
        await neighbour.wait()


async def test_an_app_that_stays_open_is_named_and_never_killed(
    tmp_path: Path, app: LinuxApp
) -> None:
    standin = CodexApp(tmp_path, tmp_path / "share", stubborn=True)
    try:
        await opened(app, standin)
        with pytest.raises(CoreError) as raised:
            await quit_app(app, within_s=0.3)
        assert raised.value.code == "codex_app_open"
        assert standin.lives()
    finally:
        standin.close()


async def test_where_it_is_not_installed_nothing_runs_and_nothing_opens(app: LinuxApp) -> None:
    assert app.place() is None
    assert not await app.is_running()
    await app.ask_to_quit()
    with pytest.raises(CoreError) as raised:
        app.open()
    assert raised.value.code == "codex_app_failed"


class TestReopened:
    """A switch with the app closed for its length."""

    def receipt(self) -> Receipt:
        step = Step(name="write", result=Result.DONE)
        return Receipt(home=Path("/x"), account=None, displaced=None, steps=(step,), done=True)

    async def act(self) -> Receipt:
        return self.receipt()

    async def test_an_open_app_is_closed_before_and_open_afterwards(
        self, app: LinuxApp, standin: CodexApp
    ) -> None:
        await opened(app, standin)
        closed = []

        async def act() -> Receipt:
            await until(lambda: not standin.lives())  # its end takes the system a moment
            closed.append(True)
            return self.receipt()

        receipt = await reopened(app, act, dry_run=False)
        assert closed == [True]
        assert [(s.name, s.result) for s in receipt.steps] == [
            ("quit", Result.DONE),
            ("write", Result.DONE),
            ("open", Result.DONE),
        ]
        await until(lambda: len(standin.opened) == 2)
        assert standin.lives()

    async def test_after_a_refusal_it_is_open_again(self, app: LinuxApp, standin: CodexApp) -> None:
        await opened(app, standin)

        async def act() -> Receipt:
            raise CoreError("switch_refused", "no")

        with pytest.raises(CoreError, match="no"):
            await reopened(app, act, dry_run=False)
        await until(lambda: len(standin.opened) == 2)

    async def test_an_app_that_is_not_open_stays_closed(
        self, app: LinuxApp, standin: CodexApp
    ) -> None:
        receipt = await reopened(app, self.act, dry_run=False)
        assert receipt.steps[0].because == "It is not open."
        assert standin.opened == []

    async def test_a_dry_run_only_says_it(self, app: LinuxApp, standin: CodexApp) -> None:
        receipt = await reopened(app, self.act, dry_run=True)
        assert receipt.steps[0].result is Result.SKIPPED
        await opened(app, standin)
        receipt = await reopened(app, self.act, dry_run=True)
        assert [s.result for s in receipt.steps] == [
            Result.PLANNED,
            Result.DONE,
            Result.PLANNED,
        ]
        assert standin.lives()

    @pytest.mark.parametrize(
        ("others", "done"),
        [
            pytest.param(Result.DONE, True, id="nothing else is in the way"),
            pytest.param(Result.FAILED, False, id="something else is in the way"),
        ],
    )
    async def test_a_dry_run_takes_no_offence_at_the_codex_of_the_open_app(
        self, app: LinuxApp, standin: CodexApp, others: Result, *, done: bool
    ) -> None:
        await opened(app, standin)
        running = Step(name="running", result=Result.FAILED)
        other = Step(name="account", result=others)

        async def act() -> Receipt:
            return replace(self.receipt(), steps=(running, other), done=False)

        receipt = await reopened(app, act, dry_run=True)
        assert [(s.name, s.result) for s in receipt.steps] == [
            ("quit", Result.PLANNED),
            ("running", Result.PLANNED),
            ("account", others),
            ("open", Result.PLANNED),
        ]
        assert receipt.done is done


def commands(tmp_path: Path, **said: str) -> dict[str, str]:
    """Programs of another system that note their words, and what they say; the environment."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in said.items():
        program = folder / name.replace("_exe", ".exe")
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >> "{tmp_path}/heard"\necho {text}\n'
        )
        program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "LOCALAPPDATA": str(tmp_path / "local")}


@pytest.fixture
def with_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    def make(**said: str) -> dict[str, str]:
        env = commands(tmp_path, **said)
        monkeypatch.setenv("PATH", env["PATH"])
        return env

    return make


async def test_macos_is_told_by_the_bundle_id(
    tmp_path: Path, with_commands: Callable[..., dict[str, str]]
) -> None:
    env = with_commands(osascript="true", open="")
    app = mac_app(env, tmp_path)
    assert app.place() is None
    (tmp_path / "Applications" / "ChatGPT.app").mkdir(parents=True)
    assert app.place() == str(tmp_path / "Applications" / "ChatGPT.app")
    assert await app.is_running()
    await app.ask_to_quit()
    app.open()
    heard = tmp_path / "heard"
    await until(lambda: len(heard.read_text().splitlines()) == 3)
    assert heard.read_text().splitlines() == [
        'osascript -e application id "com.openai.codex" is running',
        'osascript -e tell application id "com.openai.codex" to quit',
        "open -b com.openai.codex",
    ]


async def test_windows_is_told_by_the_package(
    tmp_path: Path, with_commands: Callable[..., dict[str, str]]
) -> None:
    env = with_commands(powershell_exe="False", explorer_exe="")
    app: CommandedApp = windows_app(env)
    assert not await app.is_running()
    (tmp_path / "local" / "Packages" / "OpenAI.Codex_2p2nqsd0c76g0").mkdir(parents=True)
    assert app.place() is not None
    app.open()
    heard = tmp_path / "heard"
    await until(lambda: "explorer_exe" in heard.read_text())
    assert "AppsFolder\\OpenAI.Codex_2p2nqsd0c76g0!App" in heard.read_text()


async def test_a_system_without_the_command_says_that_nothing_runs(tmp_path: Path) -> None:
    app = mac_app({"PATH": str(tmp_path)}, tmp_path)
    assert not await app.is_running()
