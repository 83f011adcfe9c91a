"""A terminal in raw mode: keys in, whole screens out; given back as it was, whatever happens."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TextIO

from core.cli.monitor_keys import Keys, keys_in
from core.cli.monitor_lines import Line
from core.runtime.tasks import Tasks

_ENTER = "\x1b[?1049h\x1b[?25l"
"""The other screen, without a cursor (xterm's control sequences; Windows 10 knows them)."""
_LEAVE = "\x1b[?25h\x1b[?1049l"
_HOME, _TO_THE_END = "\x1b[H", "\x1b[K"
_REVERSE, _BOLD, _PLAIN = "\x1b[7m", "\x1b[1m", "\x1b[0m"
_LOOK_S = 0.05
"""How often Windows is asked for a key: its console can be waited for by no loop."""


class Terminal:
    """Where a person looks and types. Made by `raw_terminal`."""

    def __init__(self, out: TextIO) -> None:
        """`out`: standard output."""
        self._out = out
        self._keys: asyncio.Queue[str] = asyncio.Queue()

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, now."""
        size = shutil.get_terminal_size()
        return size.columns, size.lines

    async def key(self) -> str:
        """The next key."""
        return await self._keys.get()

    def typed(self, keys: Sequence[str]) -> None:
        """These keys were read."""
        for key in keys:
            self._keys.put_nowait(key)

    def show(self, lines: Sequence[Line]) -> None:
        """The whole screen anew, in one write: nothing flickers."""
        shown = [f"{_style(line)}{line.text}{_PLAIN}{_TO_THE_END}" for line in lines]
        self._out.write(_HOME + "\r\n".join(shown))
        self._out.flush()


def _style(line: Line) -> str:
    return (_REVERSE if line.bar else "") + (_BOLD if line.bold else "")


@asynccontextmanager
async def raw_terminal(out: TextIO) -> AsyncIterator[Terminal]:
    """The terminal of this process, for as long as the block runs."""
    terminal = Terminal(out)
    out.write(_ENTER)
    out.flush()
    try:
        if sys.platform == "win32":
            async with _windows_keys(terminal):
                yield terminal
        else:
            async with _unix_keys(terminal):
                yield terminal
    finally:
        out.write(_LEAVE)
        out.flush()


if sys.platform == "win32":
    import msvcrt

    @asynccontextmanager
    async def _windows_keys(terminal: Terminal) -> AsyncIterator[None]:
        async def look() -> None:
            while True:
                while msvcrt.kbhit():
                    text = msvcrt.getwch()
                    if text in "\x00\xe0":
                        text += msvcrt.getwch()
                    terminal.typed(keys_in(text))
                await asyncio.sleep(_LOOK_S)

        tasks = Tasks("terminal")
        tasks.start(look(), name="keys")
        try:
            yield
        finally:
            await tasks.close()
else:
    import termios
    import tty

    @asynccontextmanager
    async def _unix_keys(terminal: Terminal) -> AsyncIterator[None]:
        loop, keyboard, keys = asyncio.get_running_loop(), sys.stdin.fileno(), Keys()
        before = termios.tcgetattr(keyboard)

        def read() -> None:
            data = os.read(keyboard, 1024)
            if not data:  # the terminal has gone
                loop.remove_reader(keyboard)
                data = b"\x04"
            terminal.typed(keys.read(data))

        tty.setraw(keyboard)
        loop.add_reader(keyboard, read)
        try:
            yield
        finally:
            loop.remove_reader(keyboard)
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
