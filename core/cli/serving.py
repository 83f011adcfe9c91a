"""`turntable serve`: the engine without a desktop, until a signal, `stop`, or nobody calls."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from datetime import timedelta
from typing import TextIO

from core.app import App
from core.cli.waiting import tell_wait
from core.control.owner import Owner, make_app
from core.domain.errors import ExitCode
from core.domain.events import EngineStopping, Event
from core.runtime.loop import serving_loop
from core.runtime.process import settle_to_serve


def serve(
    environment: MutableMapping[str, str],
    passphrase: str | None,
    *,
    idle_exit: object,
    keep_bound: bool = False,
    out: TextIO,
) -> int:
    """Run until it is asked to stop; Codex is unbound first, unless it is a restart (`keep_bound`).

    Raises:
        CoreError: as `Owner.start`, or a length of time that is none.
    """
    idle = _duration(idle_exit) if isinstance(idle_exit, str) else None

    async def run() -> None:
        owner = Owner(make_app(environment, passphrase=passphrase), mode="serve")
        owner.app.guarding.restarting = keep_bound
        await run_owner(owner, out=out, idle=idle, began=settled)

    async def settled() -> None:
        settle_to_serve()

    asyncio.run(run(), loop_factory=serving_loop)
    return int(ExitCode.DONE)


def _duration(text: str) -> timedelta:
    from core.control.verbs.rotation import read_duration  # decisions: not before they are needed

    return read_duration(text)


async def run_owner(
    owner: Owner,
    *,
    out: TextIO,
    idle: timedelta | None = None,
    began: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Start the owner, say where it listens, and close it when it is asked to stop.

    Args:
        owner: not started yet.
        out: gets the first line.
        idle: end after this long without a request.
        began: done once it serves.

    Raises:
        CoreError: as `Owner.start`.
    """
    app = owner.app
    stop_on_signals(app.request_stop)
    if not await _started(owner):
        return
    tell_wait(app, out)
    try:
        print(f"Turntable listens on http://127.0.0.1:{app.port}", file=out, flush=True)
        if began is not None:
            await began()
        await _until_stopped(app, idle)
    finally:
        await owner.close()


async def _until_stopped(app: App, idle: timedelta | None) -> None:
    """Return when the app was asked to stop, or was idle for so long."""
    while not app.stopping.is_set():
        left_s = None
        if idle is not None and app.serving is not None:
            left_s = (idle - app.serving.quiet_for()).total_seconds()
            if left_s <= 0:
                return
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await app.stopping.wait()


async def _started(owner: Owner) -> bool:
    """Start the owner; False when it was asked to stop before that was done, and is closed."""
    app, this = owner.app, asyncio.current_task()

    def hear(event: Event) -> None:
        if isinstance(event, EngineStopping) and this is not None:
            this.cancel()

    forget = app.bus.listen(hear)
    try:
        await owner.start()
    except asyncio.CancelledError:
        if not app.stopping.is_set() or this is None or this.uncancel() > 0:
            raise
        return False
    finally:
        forget()
    return True


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on the loop when the process is asked to end."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        # Windows' loops take no handlers; the interpreter's own run between two callbacks.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # `nohup`: it outlives its terminal
        loop.add_signal_handler(number, stop)
