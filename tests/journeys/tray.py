"""The real tray program in the desktop of a test."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.fakes.desktop import Desktop
from tests.fakes.process import die_with_parent
from tests.journeys.turntable import Turntable

_OF_THE_DESKTOP = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME")


@dataclass(kw_only=True)
class Streams:
    """What it wrote; known when it has ended."""

    written: bytes = b""


@asynccontextmanager
async def tray_program(turntable: Turntable, desktop: Desktop) -> AsyncIterator[Streams]:
    """`python -m tray` on the same data folder, read by screen readers; killed at the end."""
    env = desktop.env | turntable.env | {"QT_QPA_PLATFORM": "xcb"}
    env |= {name: desktop.env[name] for name in _OF_THE_DESKTOP if name in desktop.env}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tray",
        env=env | {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    streams = Streams()
    try:
        yield streams
    finally:
        if process.returncode is None:
            process.kill()
        stdout, stderr = await process.communicate()
        streams.written = stdout + stderr
