"""The engine that a face has started beside itself, and that ends with it."""

import asyncio
import json
import os
import sys
import threading
from contextlib import suppress

from core.cli.serving import run_owner
from core.control.owner import Owner, make_app
from core.control.wire import error_to_json
from core.domain.errors import CoreError, ExitCode
from core.runtime.loop import serving_loop
from core.runtime.passphrase import take_passphrase
from core.runtime.process import settle_to_serve


def engine_process(lifeline: int = 0) -> int:
    """Serve until the descriptor `lifeline` ends, usually standard input; the exit code.

    What keeps it from starting is said as JSON.
    """
    try:
        asyncio.run(_run(lifeline), loop_factory=serving_loop)
    except CoreError as error:
        sys.stdout.write(json.dumps({"error": error_to_json(error)}) + "\n")
        return int(error.exit_code)
    return int(ExitCode.DONE)


async def _run(lifeline: int) -> None:
    passphrase = take_passphrase(os.environ)
    owner = Owner(make_app(os.environ, passphrase=passphrase), mode="tray")
    loop = asyncio.get_running_loop()

    def wait_for_the_end() -> None:
        while os.read(lifeline, 4096):
            pass
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(owner.app.request_stop)

    async def settled() -> None:
        settle_to_serve()

    # A thread, because Windows' loops cannot wait for a pipe that they did not make.
    threading.Thread(target=wait_for_the_end, name="the face lives", daemon=True).start()
    await run_owner(owner, out=sys.stdout, began=settled)
