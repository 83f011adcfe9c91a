"""A private, real Linux desktop: X server, session bus, window manager, Secret Service.

Everything a tray program meets at login, in folders of its own: no test sees the user's display,
bus, keyring or home. Each part is started when the one before it answers.
"""

import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from tests.fakes.process import die_with_parent

_READY_S = 10.0
_FOREIGN = ("DBUS_", "XDG_", "DISPLAY", "WAYLAND", "QT_", "GNOME_", "TURNTABLE_", "CODEX_")


class DesktopError(Exception):
    """A part of the desktop is missing or did not come up; the sentence names it."""


class Desktop:
    """`with Desktop(folder) as desktop:` start programs with `desktop.env`.

    Args:
        root: an empty folder; HOME, XDG folders, sockets and logs lie below it.
        password: what unlocks the keyring's login collection.
        screen: `WIDTHxHEIGHT` of the one screen.
    """

    def __init__(
        self, root: Path, *, password: str = "fake-keyring-password", screen: str = "1024x640"
    ) -> None:
        self.root = root
        self.home = root / "home"
        self._password = password
        self._screen = screen
        self._running: list[subprocess.Popen[bytes]] = []
        self._programs: list[str] = []
        self._log: IO[bytes] | None = None
        self.env = _environment(self.home, root / "run")

    def __enter__(self) -> Self:
        runtime = self.root / "run"
        for folder in (self.home / ".config", self.home / ".local/share", self.home / ".cache"):
            folder.mkdir(parents=True)
        runtime.mkdir(mode=0o700)
        self._log = (self.root / "desktop.log").open("wb")
        try:
            self._start_display()
            self._start_bus(runtime / "bus")
            self.start("openbox")
            self._start_keyring()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def bus_address(self) -> str:
        """The session bus, as D-Bus clients spell it."""
        return self.env["DBUS_SESSION_BUS_ADDRESS"]

    @property
    def display(self) -> str:
        """The X display, e.g. `:3`."""
        return self.env["DISPLAY"]

    def start(
        self,
        *command: str,
        env: Mapping[str, str] | None = None,
        stdin: int | None = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program that lives until the desktop closes; it writes to `desktop.log`."""
        try:
            process = subprocess.Popen(
                command,
                env=self.env | dict(env or {}),
                stdin=stdin,
                stdout=self._log,
                stderr=self._log,
                pass_fds=pass_fds,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call, no lock
            )
        except FileNotFoundError as error:
            raise DesktopError(
                f"{command[0]} is not installed: `python3 tests/run.py` installs it or says how"
            ) from error
        self._running.append(process)
        self._programs.append(command[0])
        return process

    def run(self, *command: str, timeout_s: float = 20) -> str:
        """Run a program to its end on this desktop; what it printed."""
        return subprocess.run(
            command, env=self.env, capture_output=True, text=True, timeout=timeout_s, check=True
        ).stdout

    def lose(self, program: str) -> None:
        """Kill the part that is this program, as a session that breaks does."""
        part = self._running[self._programs.index(program)]
        part.kill()
        part.wait()

    def owns(self, name: str) -> bool:
        """Does any program own this bus name?"""
        answer = self.run(
            "dbus-send",
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.DBus",
            "/",
            "org.freedesktop.DBus.NameHasOwner",
            f"string:{name}",
        )
        return "true" in answer

    def wait_until(self, ready: Callable[[], bool], what: str, timeout_s: float = _READY_S) -> None:
        """Block until `ready()`; for parts of a desktop that announce nothing.

        Raises:
            DesktopError: not within `timeout_s`; the end of the log is in the message.
        """
        end = time.monotonic() + timeout_s
        while not ready():
            if time.monotonic() > end:
                raise DesktopError(f"{what}: not ready after {timeout_s:g} s\n{self._last_lines()}")
            time.sleep(0.02)

    def close(self) -> None:
        """End every program, the youngest first."""
        for process in reversed(self._running):
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self._running.clear()
        self._programs.clear()
        if self._log is not None:
            self._log.close()
            self._log = None

    def _start_display(self) -> None:
        reader, writer = os.pipe()
        try:
            # Xvfb picks a free number itself and says which once it accepts clients.
            self.start(
                "Xvfb", "-displayfd", str(writer), "-screen", "0", f"{self._screen}x24",
                "-nolisten", "tcp", "-noreset",
                pass_fds=[writer],
            )  # fmt: skip
        finally:
            os.close(writer)
        with os.fdopen(reader) as answer:
            if not select.select([answer], [], [], _READY_S)[0]:
                raise DesktopError(f"Xvfb: not ready after {_READY_S:g} s\n{self._last_lines()}")
            # The whole line: Xvfb dies of a pipe that closes early.
            number = answer.readline().strip()
        if not number:
            raise DesktopError(f"Xvfb ended at once\n{self._last_lines()}")
        self.env["DISPLAY"] = f":{number}"

    def _start_bus(self, socket: Path) -> None:
        self.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={socket}"
        self.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={socket}")
        self.wait_until(socket.exists, "dbus-daemon")

    def _start_keyring(self) -> None:
        keyring = self.start(
            "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets",
            stdin=subprocess.PIPE,
        )  # fmt: skip
        assert keyring.stdin is not None
        keyring.stdin.write(self._password.encode())
        keyring.stdin.close()
        self.wait_until(lambda: self.owns("org.freedesktop.secrets"), "gnome-keyring-daemon")

    def _last_lines(self) -> str:
        lines = (self.root / "desktop.log").read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-15:])


def _environment(home: Path, runtime: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "QT_QPA_PLATFORM": "xcb",
    }
