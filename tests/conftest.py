"""Fixtures and rules for every test: the clock, the desktop, real Codex, a home, no task left."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
from hypothesis import settings

from tests.codex_binary import find_codex, how_to_get_codex
from tests.fakes.clock import FakeClock
from tests.fakes.codex import Codex
from tests.fakes.connect_proxy import Authority
from tests.fakes.desktop import Desktop

# Widgets are tested without a screen; what needs one is started with `desktop.env`.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# A guard outlives its program by design: tests that are about it start it and end it themselves.
os.environ["TURNTABLE_BIND_WATCH"] = "false"

# A run that `nohup` started would hand on that hang-ups are ignored; what is caught here is not.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda _number, _frame: None)

# How long an example takes says how busy the machine is; pytest's own limit is enough.
settings.register_profile("turntable", deadline=None)
settings.load_profile("turntable")

_JOURNEYS = Path(__file__).parent / "journeys"
_JOURNEY_TIMEOUT_S = 180
_REAL_PARTS_TIMEOUT_S = 120


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the tests of the proxy run on (`tests/core/proxy/conftest.py`)."""
    text = "the loop of the proxy's tests; without it: asyncio's, and both where that matters"
    parser.addoption("--loop", choices=("asyncio", "uvloop"), help=text)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give real parts the time they need, and each asynchronous test its leak check."""
    for item in items:
        if item.path.is_relative_to(_JOURNEYS):
            item.add_marker(pytest.mark.journey)
        if item.get_closest_marker("timeout") is None:
            if item.get_closest_marker("journey"):
                item.add_marker(pytest.mark.timeout(_JOURNEY_TIMEOUT_S))
            elif item.get_closest_marker("codex") or item.get_closest_marker("desktop"):
                item.add_marker(pytest.mark.timeout(_REAL_PARTS_TIMEOUT_S))
        if isinstance(item, pytest.Function) and iscoroutinefunction(item.obj):
            # First in, last out: it looks when every other fixture has been taken down.
            item.fixturenames.insert(0, "no_task_left")


@pytest.fixture
async def no_task_left() -> AsyncIterator[None]:
    """Fail the test that leaves a task running on its loop."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        # A connection that was just closed ends within a turn or two of the loop.
        _, left = await asyncio.wait(left, timeout=1)
    assert not left, "left running: " + ", ".join(task.get_name() for task in left)


@pytest.fixture(scope="session", autouse=True)
def no_guard_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the run that leaves a guard watching a folder of its own."""
    yield
    folder = str(tmp_path_factory.getbasetemp())
    left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if _watches_below(p, folder)]
    for process in left:
        os.kill(int(process.parent.name), signal.SIGKILL)
    assert not left, f"{len(left)} guards were left running; a test binds with bind.watch on"


def _watches_below(command_line: Path, folder: str) -> bool:
    try:
        words = command_line.read_bytes().split(b"\0")
    except OSError:
        return False  # it has ended meanwhile
    ours = any(word.endswith(b"core/binding/guard.py") for word in words)
    return ours and any(word.startswith(folder.encode()) for word in words)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until the test moves it."""
    return FakeClock()


@pytest.fixture
def turntable_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder; `TURNTABLE_HOME` names it."""
    home = tmp_path / "turntable-home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("TURNTABLE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """A real desktop of our own: display, session bus, window manager, unlocked keyring."""
    with Desktop(tmp_path_factory.mktemp("desktop") / "session") as desktop:
        yield desktop


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of this run, which nobody else trusts."""
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def codex(tmp_path: Path, authority: Authority) -> AsyncIterator[Codex]:
    """The real Codex in a home of its own, cut off from every network."""
    binary = find_codex()
    if binary is None:
        pytest.fail(how_to_get_codex(), pytrace=False)
    async with Codex(binary, tmp_path / "codex", authority) as codex:
        yield codex
