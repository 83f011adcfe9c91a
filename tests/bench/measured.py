"""What a process costs, read from /proc; and figures from many samples."""

import os
import platform
import shlex
import sysconfig
from pathlib import Path
from statistics import median

_TICKS = os.sysconf("SC_CLK_TCK")

_MATTERS = ("--enable-optimizations", "--with-lto", "--enable-shared", "--with-pydebug")


def interpreter() -> str:
    """Which Python runs, and which of the flags that change its speed it was configured with.

    No flag is no proof: Debian's is built by profile (PGO), and not by `--enable-optimizations`.
    """
    asked = shlex.split(str(sysconfig.get_config_var("CONFIG_ARGS") or ""))
    flags = [flag for flag in asked if flag.startswith(_MATTERS)]
    said = " ".join(flags) or "none of the flags that change its speed"
    name = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{name} ({platform.python_compiler()}; configured with {said})"


def family(pid: int) -> list[int]:
    """`pid` and all processes below it."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += family(int(child))
    return found


def cpu_s(pid: int) -> float:
    """Seconds of processor time that `pid` and its children have used."""
    total = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def cpu_ns(pid: int) -> int:
    """The same in nanoseconds, of the threads that live: for what is short."""
    return sum(
        int(path.read_text().split()[0])
        for one in family(pid)
        for path in Path(f"/proc/{one}/task").glob("*/schedstat")
    )


def resident_mb(pid: int) -> float:
    """Megabytes that `pid` and its children hold."""
    total = 0
    for one in family(pid):
        for line in Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total / 1024


def at(samples: list[float], part: float) -> float:
    """The value below which `part` (0–1) of the samples lie."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def middle(samples: list[float]) -> float:
    """The median."""
    return median(samples)
