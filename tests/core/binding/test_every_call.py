"""kill -9 at every system call of bind and unbind that changes anything, delivered by strace."""

import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.binding.undo_all import undo_all
from tests.core.binding.homes import PORT, TYPICAL, Place
from tests.core.binding.one_act import BEGINS, ENDS

pytestmark = pytest.mark.timeout(300)

PROGRAM = Path(__file__).with_name("one_act.py")
CHANGES = (
    "mkdir", "openat", "flock", "write", "fchmod", "fchown", "chmod", "fsync", "close", "rename",
    "unlink", "rmdir", "ftruncate",
)  # fmt: skip
FEWEST = 30
_CALL = re.compile(r"^(\w+)\(")


def traced(root: Path, act: str, log: Path, *options: str) -> int:
    """The act under strace; its exit code."""
    strace = shutil.which("strace")
    assert strace, "strace is missing: `apt-get install strace`"
    command = [strace, "-qq", "-o", str(log), f"--trace=umask,{','.join(CHANGES)}", *options]
    done = subprocess.run(
        [*command, sys.executable, PROGRAM, root, act],
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode


def calls(log: Path) -> tuple[list[str], list[str]]:
    """The names of the calls before the act, and those of the act as far as it came."""
    lines = [line for line in log.read_text().splitlines() if _CALL.match(line)]
    begins = _mark(lines, BEGINS)
    assert begins is not None, "it died before the act"
    ends = _mark(lines, ENDS)
    names = [_CALL.sub(r"\1", line.partition("(")[0] + "(") for line in lines]
    # The mark itself is followed by the mask that the act works with.
    return names[:begins], names[begins + 2 : ends]


def _mark(lines: list[str], mask: int) -> int | None:
    said = f"umask(0{mask:o})"
    return next((at for at, line in enumerate(lines) if line.startswith(said)), None)


def prepared(root: Path, act: str) -> Place:
    place = Place(root, mode=0o640)
    if act == "unbind":
        place.binder().bind(place.home, PORT)
    return place


def deaths(folder: Path, act: str) -> Iterator[tuple[Place, str]]:
    """A place for each call of the act, in which a process has died at that call."""
    log = folder / "log"
    prepared(folder / "whole", act)
    assert traced(folder / "whole", act, log) == 0
    before, whole = calls(log)
    assert len(whole) >= FEWEST
    already = Counter(before)
    seen: Counter[str] = Counter()
    for at, name in enumerate(whole):
        seen[name] += 1
        place = prepared(folder / str(at), act)
        nth = already[name] + seen[name]
        code = traced(place.root, act, log, f"--inject={name}:signal=SIGKILL:when={nth}")
        assert code == -9, f"{name} {seen[name]}: it was not killed"
        _, died = calls(log)
        assert died == whole[: at + 1], f"{name} {seen[name]}: it died elsewhere"
        yield place, f"{name} {seen[name]}"


@pytest.mark.parametrize("act", ["bind", "unbind"])
def test_wherever_it_died_the_config_parses_and_comes_back_byte_by_byte(
    tmp_path: Path, act: str
) -> None:
    before = {"config.toml": (TYPICAL, 0o640)}
    for place, call in deaths(tmp_path, act):
        assert tomllib.loads(place.config.read_text())["model"] == "gpt-5", call
        assert undo_all(place.root / "turntable").complete, call
        assert place.files() == before, call
        place.binder().recover()
        place.binder().unbind(place.home)
        assert place.files() == before, call
        assert place.notes() == [], call


def test_whoever_reads_the_config_at_any_moment_finds_it_whole(tmp_path: Path) -> None:
    place = Place(tmp_path)
    stop, found = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            found.add(place.config.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    binder = place.binder()
    try:
        for _ in range(100):
            binder.bind(place.home, PORT)
            binder.unbind(place.home, keep_secret=True)
    finally:
        stop.set()
        reader.join()
    assert TYPICAL in found
    assert len(found) == 2, "the file as it was, or with our line, and nothing between"
    for content in found:
        tomllib.loads(content.decode())
