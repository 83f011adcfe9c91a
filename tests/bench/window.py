"""The tray app with its window open, as one more column beside `serve`.

A desktop of its own without a place for icons: there the window stands in for the icon, from the
start. The data folder has fifty accounts; the load itself keeps the numbers of one moving.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.bench import setups
from tests.bench.accounts import fill
from tests.bench.load import Target
from tests.bench.setups import Setup
from tests.fakes.connect_proxy import Authority
from tests.fakes.desktop import Desktop
from tests.fakes.process import die_with_parent

ENGINES = {"tray": "inline", "tray+child": "child"}
"""What the columns are asked for by, and where the engine runs (`ui.engine`)."""
COLUMNS = {"inline": "tray, window open", "child": "tray, engine in a child"}
ACCOUNTS = 50
_STARTS_S = 60.0
_SETTLES_S = 3.0
_ENDS_S = 20.0


@contextmanager
def tray(engine: str, folder: Path, authority: Authority, direct: Target) -> Iterator[Setup]:
    """The app with its window open, and Codex routed through it."""
    own = folder / f"tray-{engine}"
    own.mkdir()
    environment = setups.prepared(own, authority, direct)
    home, passphrase = environment["TURNTABLE_HOME"], environment["TURNTABLE_PASSPHRASE"]
    asyncio.run(fill(Path(home), ACCOUNTS, first=3, passphrase=passphrase))
    with Desktop(own / "desktop") as desktop:
        environment = desktop.env | environment | {"TURNTABLE_UI_ENGINE": engine}
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "tray"],
            env=environment,
            cwd=setups.ROOT,
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread runs here
        )
        try:
            _wait_for(Path(home) / "run" / "control.sock", process)
            took = time.perf_counter() - began
            target = setups.routed(environment, COLUMNS[engine])
            setups.verb("show", environment=environment)
            time.sleep(_SETTLES_S)
            yield Setup(target=target, pid=process.pid, started_s=took, fails_over=True)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_ENDS_S)
            process.kill()
            process.wait()


def _wait_for(control: Path, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + _STARTS_S
    while not control.exists():
        if process.poll() is not None or time.monotonic() > ends:
            sys.exit("the tray app of the benchmark did not start")
        time.sleep(0.02)
