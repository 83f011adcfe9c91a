"""Whether this machine runs on its battery, where the system says so. Unknown counts as mains.

Linux: `/sys/class/power_supply` (the kernel's sysfs-class-power). macOS: the first line of
`pmset -g batt`. Windows: `GetSystemPowerStatus`. Blocking; never asked on the loop.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.runtime.clock import Clock

SUPPLIES = Path("/sys/class/power_supply")
LOOK_AGAIN_S = 60.0
"""How long an answer counts: plugs are pulled rarely, and a look costs a process on macOS."""
_ASK_S = 2.0
_OFFLINE = 0
"""`SYSTEM_POWER_STATUS.ACLineStatus`: 0 offline, 1 online, 255 unknown."""


class Power:
    """Remembers for a minute what the system said."""

    def __init__(self, *, clock: Clock, look: Callable[[], bool | None]) -> None:
        """`look`: asks the system; None where it does not say."""
        self._clock = clock
        self._look = look
        self._known: tuple[float, bool] | None = None

    def on_battery(self) -> bool:
        """Whether the machine runs on its battery. Blocking."""
        now = self._clock.monotonic()
        if self._known is None or now >= self._known[0] + LOOK_AGAIN_S:
            self._known = (now, self._look() is True)
        return self._known[1]


def look() -> bool | None:
    """What this system says now; None where it says nothing. Blocking."""
    if sys.platform == "win32":
        return of_line_status(_line_status())
    if sys.platform == "darwin":
        return of_pmset(_pmset())
    return of_supplies(read_supplies(SUPPLIES))


def of_supplies(supplies: Sequence[Mapping[str, str]]) -> bool | None:
    """What the supplies of a Linux machine say, each as its sysfs attributes.

    A mains or USB supply that is online is enough. The battery of a mouse (`scope` Device) powers
    no computer.
    """
    ours = [supply for supply in supplies if supply.get("scope") != "Device"]
    lines = [supply for supply in ours if supply.get("type") in ("Mains", "USB")]
    if any(line.get("online", "0") not in ("", "0") for line in lines):
        return False
    states = [supply.get("status") for supply in ours if supply.get("type") == "Battery"]
    if "Discharging" in states:
        return True
    return False if lines or states else None


def of_pmset(text: str) -> bool | None:
    """What `pmset -g batt` says: `Now drawing from 'Battery Power'`, or `'AC Power'`."""
    if "'Battery Power'" in text:
        return True
    return False if "'AC Power'" in text else None


def of_line_status(status: int | None) -> bool | None:
    """What `SYSTEM_POWER_STATUS.ACLineStatus` says; None where it could not be asked."""
    return {_OFFLINE: True, 1: False}.get(-1 if status is None else status)


def read_supplies(folder: Path) -> list[dict[str, str]]:
    """Each supply's attributes that matter here; none where there is no such folder."""
    try:
        return [
            {name: _attribute(supply / name) for name in ("type", "scope", "online", "status")}
            for supply in sorted(folder.iterdir())
        ]
    except OSError:
        return []


def _attribute(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:  # not every supply has every attribute
        return ""


def _pmset() -> str:
    command = ["/usr/bin/pmset", "-g", "batt"]
    try:
        found = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.decode("utf-8", "replace")


def _line_status() -> int | None:
    if sys.platform == "win32":
        import ctypes

        # SYSTEM_POWER_STATUS: ACLineStatus is the first of four bytes, two DWORDs follow.
        status = (ctypes.c_ubyte * 12)()
        if ctypes.windll.kernel32.GetSystemPowerStatus(ctypes.byref(status)):
            return int(status[0])
    return None
