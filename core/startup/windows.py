"""Windows: values of the user's Run key, and a shortcut in the Start menu. No console window.

Written and tested on Linux against a made-up key: nobody has seen Windows take them.
"""

import subprocess
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path, PureWindowsPath

from core.startup.entry import CODEX_NAME, Found, Kind, Standing, failed, words
from core.startup.windows_link import link_bytes

_PLACE = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run"
_NAMES = {
    Kind.DESKTOP: "Turntable",
    Kind.SERVER: "Turntable serve",
    Kind.GUARD: "Turntable guard",
}


class Windows:
    """Values of one user."""

    def __init__(
        self,
        *,
        root: Path,
        program: Sequence[str],
        run_key: MutableMapping[str, str],
        start_menu: Path,
    ) -> None:
        """Nothing is read or written yet.

        Args:
            root: the data folder.
            program: the words that start this copy without a console window.
            run_key: the registry key's values.
            start_menu: the user's folder of programs in it.
        """
        self._root = root
        self._program = program
        self._run_key = run_key
        self._link = start_menu / f"{CODEX_NAME}.lnk"

    def enable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        try:
            if kind is Kind.CODEX:
                return self._make_link()
            value = self._value(kind)
            if self._run_key.get(_NAMES[kind]) == value:
                return False
            self._run_key[_NAMES[kind]] = value
        except OSError as error:
            raise failed(self._place(kind), error) from error
        return True

    def disable(self, kind: Kind) -> bool:
        """See `StartUp`."""
        try:
            if kind is Kind.CODEX:
                there = self._link.exists()
                self._link.unlink(missing_ok=True)
                return there
            return self._run_key.pop(_NAMES[kind], None) is not None
        except OSError as error:
            raise failed(self._place(kind), error) from error

    def look(self, kind: Kind) -> Found:
        """See `StartUp`."""
        return Found(kind=kind, standing=self._standing(kind), place=self._place(kind))

    def _standing(self, kind: Kind) -> Standing:
        if kind is Kind.CODEX:
            link = self._link_now()
            there, same = link is not None, link == self._link_wanted()
        else:
            value = self._run_key.get(_NAMES[kind])
            there, same = value is not None, value == self._value(kind)
        if not there:
            return Standing.ABSENT
        if not same:
            return Standing.ELSEWHERE
        return Standing.READY if Path(self._program[0]).exists() else Standing.BROKEN

    def _value(self, kind: Kind) -> str:
        return subprocess.list2cmdline([*self._program, *words(kind, self._root)])

    def _make_link(self) -> bool:
        wanted = self._link_wanted()
        if self._link_now() == wanted:
            return False
        self._link.parent.mkdir(parents=True, exist_ok=True)
        self._link.write_bytes(wanted)
        return True

    def _link_now(self) -> bytes | None:
        try:
            return self._link.read_bytes()
        except OSError:
            return None

    def _link_wanted(self) -> bytes:
        arguments = [*self._program[1:], *words(Kind.CODEX, self._root)]
        return link_bytes(
            self._program[0], subprocess.list2cmdline(arguments), description=CODEX_NAME
        )

    def _place(self, kind: Kind) -> str:
        if kind is Kind.CODEX:
            return str(self._link)
        return f"{_PLACE}\\{_NAMES[kind]}"


def without_console(executable: str, *, frozen: bool) -> tuple[str, ...]:
    """The words that start this copy at login: its app, or its environment's `pythonw`.

    Both keep their names when Python or the app is upgraded.
    """
    program = PureWindowsPath(executable)
    if frozen:
        return (str(program.with_name("turntablew.exe")),)
    return (str(program.with_name("pythonw.exe")), "-m", "core")


if sys.platform == "win32":
    import winreg

    _PATH = r"Software\Microsoft\Windows\CurrentVersion\Run"

    class RunKey(MutableMapping[str, str]):
        """The key's text values; `OSError` passes through."""

        def __getitem__(self, name: str) -> str:
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _PATH) as key:
                    return str(winreg.QueryValueEx(key, name)[0])
            except FileNotFoundError as error:
                raise KeyError(name) from error

        def __setitem__(self, name: str, value: str) -> None:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _PATH) as key:
                winreg.SetValueEx(key, name, 0, winreg.REG_SZ, value)

        def __delitem__(self, name: str) -> None:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _PATH) as key:
                winreg.DeleteValue(key, name)

        def __iter__(self) -> Iterator[str]:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _PATH) as key:
                return iter([winreg.EnumValue(key, at)[0] for at in range(len(self))])

        def __len__(self) -> int:
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _PATH) as key:
                return winreg.QueryInfoKey(key)[1]
