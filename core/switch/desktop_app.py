"""Codex's desktop app: found, asked to quit, opened. Its official files are never touched.

What it is called and where it lies is what other tools tell (PROTOCOL §7). On Linux this ran with
a stand-in that bears its id; the commands for macOS and Windows were run by nobody.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from core.domain.errors import CoreError
from core.domain.sentence import Sentence
from core.runtime.passphrase import take_further
from core.switch.desktop_entry import started_by

_QUIT_S = 10.0
_LOOK_S = 0.1
_ENTRY = "chatgpt.desktop"
_BUNDLE = "com.openai.codex"
_STORE = "OpenAI.Codex_2p2nqsd0c76g0"


class DesktopApp(Protocol):
    """Codex's app on one system."""

    def place(self) -> str | None:
        """Where it lies; None when it is not installed."""
        ...

    async def is_running(self) -> bool:
        """Whether this user has it open."""
        ...

    async def ask_to_quit(self) -> None:
        """Ask it, as a person who closes it does; it is never killed."""
        ...

    def open(self) -> None:
        """Start it, apart from us.

        Raises:
            CoreError: `codex_app_failed`.
        """
        ...


async def quit_app(app: DesktopApp, *, within_s: float = _QUIT_S) -> bool:
    """Ask the app to quit and wait until it has; False: it was not open.

    Raises:
        CoreError: `codex_app_open`: it has not quit in time.
    """
    if not await app.is_running():
        return False
    await app.ask_to_quit()
    try:
        async with asyncio.timeout(within_s):
            while await app.is_running():  # noqa: ASYNC110 - another program's end has no event
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise CoreError(
            "codex_app_open",
            "Codex’s app was asked to quit and is open still; nothing was changed.",
            "Close it yourself, then repeat.",
        ) from None
    return True


def desktop_app(environment: Mapping[str, str], user_home: Path) -> DesktopApp:
    """The app as this system has it; nothing is looked at yet."""
    match sys.platform:
        case "darwin":
            return mac_app(environment, user_home)
        case "win32":
            return windows_app(environment)
        case _:
            return LinuxApp(environment, user_home)


class LinuxApp:
    """The app that `chatgpt.desktop` starts."""

    def __init__(
        self, environment: Mapping[str, str], user_home: Path, *, proc: Path = Path("/proc")
    ) -> None:
        """Nothing is looked at yet."""
        self._environment = environment
        self._user_home = user_home
        self._proc = proc

    def place(self) -> str | None:
        """See `DesktopApp`."""
        found = self._entry()
        return None if found is None else str(found)

    async def is_running(self) -> bool:
        """See `DesktopApp`."""
        return bool(await asyncio.to_thread(self._processes))

    async def ask_to_quit(self) -> None:
        """See `DesktopApp`."""
        found = await asyncio.to_thread(self._processes)
        for pid, parent in found.items():
            if parent not in found:  # its helpers end with it
                try:
                    os.kill(pid, signal.SIGTERM)
                except ProcessLookupError:
                    continue

    def open(self) -> None:
        """See `DesktopApp`."""
        _start(self._command(), self._environment)

    def _entry(self) -> Path | None:
        named = self._environment.get("XDG_DATA_HOME", "")
        folders = [Path(named) if named else self._user_home / ".local" / "share"]
        folders += [
            Path(folder)
            for folder in (
                self._environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
            ).split(":")
        ]
        entries = (folder / "applications" / _ENTRY for folder in folders)
        return next((entry for entry in entries if entry.is_file()), None)

    def _command(self) -> tuple[str, ...]:
        entry = self._entry()
        try:
            text = "" if entry is None else entry.read_text("utf-8", "replace")
        except OSError:
            text = ""
        return started_by(text)

    def _processes(self) -> dict[int, int]:
        """This user's processes of the app, each with its parent."""
        command = self._command()
        program = shutil.which(command[0], path=self._environment.get("PATH")) if command else None
        if program is None:
            return {}
        wanted, found = os.path.realpath(program), {}
        # Of an interpreter (a shell, Electron, flatpak) many programs run: what it starts tells.
        told = {word for word in command[1:] if not word.startswith("-")}
        for folder in self._proc.glob("[0-9]*"):
            try:
                if folder.stat().st_uid != os.getuid():
                    continue
                words = _words(folder)
                if wanted in _programs(folder, words) and told <= set(words):
                    found[int(folder.name)] = _parent(folder)
            except OSError:
                continue  # it has ended, or is not ours
        return found


class CommandedApp:
    """An app that is looked at and told by the system's own commands."""

    def __init__(
        self,
        places: Iterable[Path],
        *,
        environment: Mapping[str, str],
        is_running: Sequence[str],
        ask_to_quit: Sequence[str],
        opens: Sequence[str],
    ) -> None:
        """Nothing is run yet.

        Args:
            places: where it may be installed.
            environment: of the commands.
            is_running: says `true` when it is.
            ask_to_quit: asks it.
            opens: opens it.
        """
        self._places = tuple(places)
        self._environment = environment
        self._is_running = is_running
        self._ask_to_quit = ask_to_quit
        self._opens = opens

    def place(self) -> str | None:
        """See `DesktopApp`."""
        return next((str(place) for place in self._places if place.exists()), None)

    async def is_running(self) -> bool:
        """See `DesktopApp`."""
        return (await self._said(self._is_running)).strip().lower() == b"true"

    async def ask_to_quit(self) -> None:
        """See `DesktopApp`."""
        await self._said(self._ask_to_quit)

    def open(self) -> None:
        """See `DesktopApp`."""
        _start(self._opens, self._environment)

    async def _said(self, command: Sequence[str]) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(self._environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return b""
        said, _ = await process.communicate()
        return said


def mac_app(environment: Mapping[str, str], user_home: Path) -> CommandedApp:
    """The app on macOS, by its bundle id."""
    folders = (Path("/Applications"), user_home / "Applications")
    names = ("ChatGPT.app", "Codex.app")
    return CommandedApp(
        (folder / name for folder in folders for name in names),
        environment=environment,
        is_running=("osascript", "-e", f'application id "{_BUNDLE}" is running'),
        ask_to_quit=("osascript", "-e", f'tell application id "{_BUNDLE}" to quit'),
        opens=("open", "-b", _BUNDLE),
    )


def windows_app(environment: Mapping[str, str]) -> CommandedApp:
    """The app on Windows, a package of the Store."""
    local = Path(environment.get("LOCALAPPDATA", ""))
    ours = "Get-Process | Where-Object Path -like '*\\OpenAI.Codex_*'"
    powershell = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command")
    return CommandedApp(
        (local / "Packages" / _STORE,),
        environment=environment,
        is_running=(*powershell, f"[bool]({ours})"),
        ask_to_quit=(*powershell, f"{ours} | ForEach-Object {{ $_.CloseMainWindow() }}"),
        opens=("explorer.exe", f"shell:AppsFolder\\{_STORE}!App"),
    )


def _start(command: Sequence[str], environment: Mapping[str, str]) -> None:
    inherited = dict(environment)
    take_further(inherited)  # none of our secrets
    try:
        process = subprocess.Popen(
            command or ("",),
            env=inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise CoreError(
            "codex_app_failed",
            Sentence(
                "Codex’s app could not be opened ({why}).",
                why=error.strerror or type(error).__name__,
            ),
            "Open it yourself.",
        ) from error
    # It is left behind: nobody waits for it, and that is no accident.
    process.returncode = 0


def _words(folder: Path) -> tuple[str, ...]:
    return tuple(os.fsdecode(word) for word in (folder / "cmdline").read_bytes().split(b"\0"))


def _programs(folder: Path, words: Sequence[str]) -> tuple[str, ...]:
    """What a process runs: its program, and the script where that is an interpreter."""
    paths = (word for word in words[:2] if word.startswith("/"))
    return (os.path.realpath(folder / "exe"), *map(os.path.realpath, paths))


def _parent(folder: Path) -> int:
    """proc(5): the fourth word of `stat`; the second is in brackets and may hold spaces."""
    return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
