"""A stand-in for Codex's desktop app: a program with its id, that notes when it is opened.

It lives until it is asked to quit; nothing of the real app is claimed by what it does.
"""

import os
import signal
import sys
from pathlib import Path

_ENTRY = """\
[Desktop Entry]
Type=Application
Name=Codex (stand-in)
Exec={command} %U
"""
_PROGRAM = """\
#!{python}
import os, signal, sys, threading
asked = threading.Event()
def quit(*_): asked.set()
signal.signal(signal.SIGTERM, {asked})
with open({notes!r}, "a") as notes:
    notes.write(f"{{os.getpid()}}\\n")
asked.wait()
"""


class CodexApp:
    """The installed stand-in of one user.

    Attributes:
        entry: its desktop entry.
        notes: a line for each time it was opened: its process id.
    """

    def __init__(self, root: Path, data_home: Path, *, stubborn: bool = False) -> None:
        """`stubborn`: it does not quit when it is asked."""
        self.entry = data_home / "applications" / "chatgpt.desktop"
        self.notes = root / "opened"
        program = root / "a folder" / "chatgpt"
        program.parent.mkdir(parents=True)
        text = _PROGRAM.format(
            python=sys.executable,
            notes=str(self.notes),
            asked="lambda *_: None" if stubborn else "quit",
        )
        program.write_text(text)
        program.chmod(0o755)
        self.program = program
        self.entry.parent.mkdir(parents=True)
        self.entry.write_text(_ENTRY.format(command=f'"{program}"'))

    @property
    def opened(self) -> list[int]:
        """The process of each time that it was opened."""
        text = self.notes.read_text() if self.notes.exists() else ""
        return [int(line) for line in text.splitlines()]

    def lives(self) -> bool:
        """Whether the one that was opened last is open."""
        try:
            stat = Path(f"/proc/{self.opened[-1]}/stat").read_text()
        except (OSError, IndexError):
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def close(self) -> None:
        """None is left open."""
        for pid in self.opened:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
